"""The settings of an account: its API keys, its members, itself. For its administrators only."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from accounts import emails, keys, membership
from accounts.forms import GeneralForm, KeyForm, MemberForm, RoleForm
from accounts.http import AccountRequest, go_to, page_or_dialog, require_role
from accounts.models import Account, ApiKey, Membership
from accounts.permissions import Role


@require_role(Role.ADMIN)
def settings(request: AccountRequest) -> HttpResponse:
    """Go to the first section of the settings."""
    return redirect("webhooks:list")


@require_role(Role.ADMIN)
def key_list(request: AccountRequest) -> HttpResponse:
    """Show the account's keys, the newest first."""
    found = ApiKey.objects.filter(account=request.account).order_by("-created_at", "-pk")
    return render(request, "accounts/keys.html", {"keys": found, "now": timezone.now()})


@never_cache
@require_role(Role.ADMIN)
def key_create(request: AccountRequest) -> HttpResponse:
    """Issue a key; its clear text is in the answer to this very request, and nowhere else."""
    form = KeyForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return page_or_dialog(request, "accounts/key_form.html", {"form": form}, refused=form.is_bound)
    data = form.cleaned_data
    key, clear = keys.issue(request.account, title=data["title"], scopes=data["scopes"], expires_at=form.expires_at)
    answer = page_or_dialog(request, "accounts/key_created.html", {"key": key, "clear": clear})
    return trigger_client_event(answer, "keys:changed")


@require_role(Role.ADMIN)
def key_delete(request: AccountRequest, pk: int) -> HttpResponse:
    """Ask, then revoke a key."""
    key = get_object_or_404(ApiKey, account=request.account, pk=pk)
    if request.method != "POST":
        return page_or_dialog(request, "accounts/key_delete.html", {"key": key})
    keys.revoke(key)
    messages.success(request, _("The key “%(title)s” was deleted.") % {"title": key.title})
    return go_to(request, reverse("accounts:keys"))


@require_role(Role.ADMIN)
def member_list(request: AccountRequest) -> HttpResponse:
    """Show who belongs to the organisation, with a role to choose for each."""
    members = _organisation(request).memberships.select_related("user").order_by("user__name", "pk")
    rows = [(member, RoleForm(initial={"role": member.role}, auto_id=f"id_{member.pk}_%s")) for member in members]
    return render(request, "accounts/members.html", {"rows": rows})


@require_role(Role.ADMIN)
def member_add(request: AccountRequest) -> HttpResponse:
    """Add a person to the organisation by their e-mail address."""
    account = _organisation(request)
    form = MemberForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            member = membership.invite(account, form.cleaned_data["email"], role=Role(form.cleaned_data["role"]))
        except membership.AlreadyMember:
            form.add_error("email", _("This person is already a member."))
        else:
            _welcome(request, member)
            return go_to(request, reverse("accounts:members"))
    return page_or_dialog(request, "accounts/member_form.html", {"form": form}, refused=form.is_bound)


@require_POST
@require_role(Role.ADMIN)
def member_role(request: AccountRequest, pk: int) -> HttpResponse:
    """Change a member's role."""
    member = _member(request, pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This role does not exist."))
        return redirect("accounts:members")
    try:
        membership.change_role(member, role=Role(form.cleaned_data["role"]))
    except membership.LastAdministrator:
        messages.error(request, _("An organisation keeps at least one administrator: name another one first."))
    else:
        messages.success(
            request, _("%(name)s is now %(role)s.") % {"name": member.user, "role": member.get_role_display()}
        )
    return _back_to_members(request, member)


@require_role(Role.ADMIN)
def member_remove(request: AccountRequest, pk: int) -> HttpResponse:
    """Ask, then take a member out of the organisation."""
    member = _member(request, pk)
    if request.method != "POST":
        return page_or_dialog(request, "accounts/member_remove.html", {"member": member})
    try:
        membership.remove_member(member)
    except membership.LastAdministrator:
        messages.error(request, _("An organisation keeps at least one administrator: name another one first."))
        return go_to(request, reverse("accounts:members"))
    messages.success(request, _("%(name)s is no longer a member.") % {"name": member.user})
    return go_to(request, "/" if member.user == request.user else reverse("accounts:members"))


@require_role(Role.ADMIN)
def general(request: AccountRequest) -> HttpResponse:
    """Show and change the account's name and language."""
    form = GeneralForm(request.POST if request.method == "POST" else None, instance=request.account)
    if form.is_valid():
        form.save()
        messages.success(request, _("The settings were saved."))
        return redirect("accounts:general")
    return render(request, "accounts/general.html", {"form": form}, status=422 if form.is_bound else 200)


def _welcome(request: AccountRequest, member: Membership) -> None:
    """Say that the person is a member; write to them when they have no password yet."""
    user = member.user
    if user.has_usable_password():
        messages.success(request, _("%(name)s is now a member.") % {"name": user})
    elif emails.send_invitation(user, account=request.account, by=request.user):
        messages.success(request, _("An invitation was sent to %(email)s.") % {"email": user.email})
    else:  # the link itself is for the person alone: it opens everything that is theirs
        text = _("%(name)s is now a member, but the e-mail did not leave: “Forgotten password?” will send another.")
        messages.warning(request, text % {"name": user.email})


def _organisation(request: AccountRequest) -> Account:
    """Give the account in use; 404 for a personal one, which has no members but its owner."""
    if request.account.kind != Account.Kind.ORGANIZATION:
        raise Http404
    return request.account


def _member(request: AccountRequest, pk: int) -> Membership:
    return get_object_or_404(Membership.objects.select_related("user"), account=_organisation(request), pk=pk)


def _back_to_members(request: AccountRequest, member: Membership) -> HttpResponseRedirect:
    """Go back to the list, or home for the one who has just given up the right to see it."""
    own = member.user == request.user and member.role != Role.ADMIN
    return HttpResponseRedirect("/" if own else reverse("accounts:members"))

"""The settings page of an organisation's members."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.forms import MemberForm, RoleForm
from accounts.http import AccountRequest, go_to, page_or_dialog, principal_of, require_permission
from accounts.models import Account, Membership
from accounts.permissions import Permission, Role
from accounts.services import invitations, members
from accounts.views.invitations import send_letter


@require_permission(Permission.MANAGE_MEMBERS)
def member_list(request: AccountRequest) -> HttpResponse:
    """List the members of the organisation, each with a form for their role."""
    found = _organisation(request).memberships.select_related("user").order_by("user__name", "pk")
    rows = [(member, RoleForm(initial={"role": member.role}, auto_id=f"id_{member.pk}_%s")) for member in found]
    waiting = request.account.invitations.filter(accepted_at=None).select_related("invited_by").order_by("pk")
    return render(request, "accounts/members.html", {"rows": rows, "invitations": waiting})


@require_permission(Permission.MANAGE_MEMBERS)
def member_add(request: AccountRequest) -> HttpResponse:
    """Invite somebody to the organisation by their e-mail address; the answer is the same for whoever it is."""
    account = _organisation(request)
    form = MemberForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
        try:
            made = invitations.invite(account, email, role=role, inviter=request.user, by=principal_of(request))
        except members.AlreadyMember:
            form.add_error("email", _("This person is already a member."))
        except invitations.TooMany:
            form.add_error(None, _("Too many invitations wait for an answer: take some back first."))
        else:
            send_letter(request, made)
            return go_to(request, reverse("accounts:members"))
    return page_or_dialog(request, "accounts/member_form.html", {"form": form}, refused=form.is_bound)


@require_POST
@require_permission(Permission.MANAGE_MEMBERS)
def member_role(request: AccountRequest, pk: int) -> HttpResponse:
    """Change a member's role."""
    member = _member(request, pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This role does not exist."))
        return redirect("accounts:members")
    try:
        members.change_role(member, role=Role(form.cleaned_data["role"]), by=principal_of(request))
    except members.LastAdministrator:
        messages.error(request, _("An organisation keeps at least one administrator: name another one first."))
    else:
        messages.success(
            request, _("%(name)s is now %(role)s.") % {"name": member.user, "role": member.get_role_display()}
        )
    return _back_to_members(request, member)


@require_permission(Permission.MANAGE_MEMBERS)
def member_remove(request: AccountRequest, pk: int) -> HttpResponse:
    """Remove a member from the organisation after a confirmation."""
    member = _member(request, pk)
    if request.method != "POST":
        return page_or_dialog(request, "accounts/member_remove.html", {"member": member})
    try:
        members.remove_member(member, by=principal_of(request))
    except members.LastAdministrator:
        messages.error(request, _("An organisation keeps at least one administrator: name another one first."))
        return go_to(request, reverse("accounts:members"))
    messages.success(request, _("%(name)s is no longer a member.") % {"name": member.user})
    return go_to(request, "/" if member.user == request.user else reverse("accounts:members"))


def _organisation(request: AccountRequest) -> Account:
    """Return the account in use; 404 for a personal one, which has no members but its owner."""
    if request.account.kind != Account.Kind.ORGANIZATION:
        raise Http404
    return request.account


def _member(request: AccountRequest, pk: int) -> Membership:
    return get_object_or_404(Membership.objects.select_related("user"), account=_organisation(request), pk=pk)


def _back_to_members(request: AccountRequest, member: Membership) -> HttpResponseRedirect:
    """Redirect to the list, or home for a user who has just given up the right to see it."""
    own = member.user == request.user and not Permission.MANAGE_MEMBERS.is_granted_to(Role(member.role))
    return HttpResponseRedirect("/" if own else reverse("accounts:members"))

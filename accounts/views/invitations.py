"""Invitations: an administrator's acts on those that wait, and the page of whoever was sent one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from accounts import attempts, devices, letters
from accounts.client_address import client_address, client_network
from accounts.forms import WelcomeForm
from accounts.http import AccountRequest, principal_of, require_permission
from accounts.middleware import use_account
from accounts.models import Invitation, User
from accounts.models.invitation import Accepted, BadLink
from accounts.permissions import Permission
from accounts.principal import Principal
from accounts.services import invitations

SESSION_KEY = "invitation"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@require_POST
@require_permission(Permission.MANAGE_MEMBERS)
def invitation_again(request: AccountRequest, pk: int) -> HttpResponse:
    """Send an invitation again, valid for another while."""
    invitation = _waiting(request, pk)
    invitations.renew(invitation, by=principal_of(request))
    send_letter(request, invitation)
    return redirect("accounts:members")


@require_POST
@require_permission(Permission.MANAGE_MEMBERS)
def invitation_revoke(request: AccountRequest, pk: int) -> HttpResponse:
    """Take an invitation back."""
    invitation = _waiting(request, pk)
    invitations.revoke(invitation, by=principal_of(request))
    messages.success(
        request,
        _("The invitation of %(email)s was taken back: its link no longer works.") % {"email": invitation.email},
    )
    return redirect("accounts:members")


def send_letter(request: AccountRequest, invitation: Invitation) -> None:
    """Have the letter sent by a worker, and say so; too many letters to one address are not."""
    words = {"email": invitation.email}
    if not attempts.allow_letter(invitation.email, client_network(request)):
        messages.warning(request, _("%(email)s was sent several letters just now: try again in a while.") % words)
    elif letters.ask_for_invitation(invitation.pk):
        messages.success(request, _("An invitation is on its way to %(email)s.") % words)
    else:
        messages.warning(request, _("No e-mail can be sent to %(email)s just now: send it again later.") % words)


@never_cache
@require_GET
def invitation_link(request: HttpRequest, token: str) -> HttpResponse:
    """Take the token of a letter's link into the session and go on without it.

    The page that follows has no secret in its address, which logs and histories keep.
    """
    try:
        Invitation.objects.all().by_token(token)
    except Accepted:
        return redirect("/")
    except BadLink:
        return render(request, "accounts/invitation_over.html", status=410)
    request.session[SESSION_KEY] = token
    return redirect("accounts:invitation")


@never_cache
@sensitive_post_parameters("new_password1", "new_password2")
def invitation(request: HttpRequest) -> HttpResponse:
    """Show the invitation whose link was opened in this session, and take the answer.

    A signed-in user accepts or declines; somebody without an account chooses a name and a password with it.
    """
    token = str(request.session.get(SESSION_KEY, ""))
    try:
        found = Invitation.objects.all().by_token(token)
        if isinstance(request.user, User):
            return _answer_of_user(request, found, token, request.user)
        return _answer_of_visitor(request, found, token)
    except Accepted:
        return redirect("/")
    except BadLink:
        return render(request, "accounts/invitation_over.html", status=410)


def _answer_of_user(request: HttpRequest, found: Invitation, token: str, user: User) -> HttpResponse:
    if user.email != found.email:
        return render(request, "accounts/invitation_other.html", {"invitation": found}, status=403)
    if request.method != "POST":
        return render(request, "accounts/invitation.html", {"invitation": found})
    if request.POST.get("answer") == "decline":
        return _decline(request, token, user, principal_of(request))
    invitations.accept(token, user, by=principal_of(request))
    return _welcome(request, found, user)


def _answer_of_visitor(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    by = Principal(kind="visitor", name=found.email, address=client_address(request))
    if request.method == "POST" and request.POST.get("answer") == "decline":
        return _decline(request, token, None, by)
    user = User.objects.filter(email=found.email).first()
    if not invitations.needs_password(user):
        return render(request, "accounts/invitation.html", {"invitation": found, "must_sign_in": True})
    form = WelcomeForm(user or User(email=found.email), request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "accounts/invitation.html", {"invitation": found, "form": form}, status=status)
    name, password = form.cleaned_data["name"], form.cleaned_data["new_password1"]
    joined = invitations.accept_as_new(token, name=name, password=password, language=get_language() or "", by=by)
    login(request, joined, backend=BACKEND)
    answer = _welcome(request, found, joined)
    devices.remember(request, answer, joined.email)
    return answer


def _welcome(request: HttpRequest, found: Invitation, user: User) -> HttpResponse:
    use_account(request, user, found.account)
    messages.success(request, _("You are now a member of %(account)s.") % {"account": found.account})
    return redirect("/")


def _decline(request: HttpRequest, token: str, user: User | None, by: Principal) -> HttpResponse:
    invitations.decline(token, user, by=by)
    return render(request, "accounts/invitation_declined.html")


def _waiting(request: AccountRequest, pk: int) -> Invitation:
    return get_object_or_404(Invitation, account=request.account, accepted_at=None, pk=pk)

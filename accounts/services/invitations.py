"""Invite somebody to an organisation, and answer an invitation: nobody becomes a member who has not accepted."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Account, Invitation, Membership, User
from accounts.models.invitation import VALID_FOR
from accounts.permissions import Role
from accounts.principal import Principal
from accounts.services.actions import Action
from accounts.services.members import AlreadyMember
from accounts.services.users import create_user, member_values

MAX_WAITING = 200
"""Of one organisation."""


class TooMany(Exception):
    """As many as allowed wait for an answer."""


class WrongUser(Exception):
    """The invitation is for another e-mail address than that of the user who answers."""


def invite(account: Account, email: str, *, role: Role, inviter: User, by: Principal) -> Invitation:
    """Invite the owner of `email`, with an account here or without.

    An invitation of theirs that waits is renewed, with this role and the same link. Raise `AlreadyMember` or `TooMany`.
    """
    email = email.strip().lower()
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)
        if account.memberships.filter(user__email=email).exists():
            raise AlreadyMember
        account.invitations.over().delete()
        invitation = account.invitations.filter(email=email).first()
        before = _values(invitation) if invitation else None
        if invitation is None:
            if account.invitations.count() >= MAX_WAITING:
                raise TooMany
            invitation = Invitation(account=account, email=email)
        invitation.role, invitation.invited_by = role, inviter
        invitation.expires_at, invitation.sent_at = timezone.now() + VALID_FOR, None
        invitation.save()
        action = Action.INVITED_AGAIN if before else Action.INVITED
        changes = audit.difference(before, _values(invitation))
        audit.record(action, account=account, about=invitation, by=by, changes=changes)
    return invitation


def renew(invitation: Invitation, *, by: Principal) -> None:
    """Let an invitation be valid for another while, from now; its link stays."""
    with transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() + VALID_FOR)
        audit.record(Action.INVITED_AGAIN, account=invitation.account, about=invitation, by=by)


def revoke(invitation: Invitation, *, by: Principal) -> None:
    """Take the invitation back: its link no longer works."""
    with transaction.atomic():
        if Invitation.objects.select_for_update().filter(pk=invitation.pk).exists():
            _end(invitation, Action.INVITATION_REVOKED, by=by)


def accept(token: str, user: User, *, by: Principal) -> Membership:
    """Make `user` the member that they are invited to be; raise `BadLink`, `Accepted` or `WrongUser`."""
    with transaction.atomic():
        return _join(_locked(token, user), user, by=by)


def decline(token: str, user: User | None, *, by: Principal) -> None:
    """Refuse, for which the letter's reader needs no account; raise as `accept` does."""
    with transaction.atomic():
        _end(_locked(token, user), Action.INVITATION_DECLINED, by=by)


def accept_as_new(token: str, *, name: str, password: str, language: str, by: Principal) -> User:
    """Create the user who is invited, or give one without a password theirs, and make them a member.

    The link has shown that the e-mail address is theirs. Raise `BadLink` or `Accepted`, or `WrongUser` when a user
    with a password has the address: they sign in.
    """
    with transaction.atomic():
        invitation = _locked(token, None)
        user = User.objects.filter(email=invitation.email).first()
        if not needs_password(user):
            raise WrongUser
        if user is None:
            user = create_user(invitation.email, name=name, password=password, language=language, by=by)
        else:
            user.name = name
            user.set_password(password)
            user.save(update_fields=["name", "password"])
        _join(invitation, user, by=by)
        return user


def needs_password(user: User | None) -> bool:
    """Return whether an invitation's reader chooses a password: they have no account, or never chose one."""
    return user is None or (user.is_active and not user.has_usable_password())


def _locked(token: str, user: User | None) -> Invitation:
    """Return the invitation under its row's lock; `user`, if any, must be the one whom it is for."""
    found = Invitation.objects.all().by_token(token)
    if user is not None and user.email != found.email:
        raise WrongUser
    Invitation.objects.select_for_update().filter(pk=found.pk).first()
    return Invitation.objects.all().by_token(token)  # as it is now that nobody else answers it


def _join(invitation: Invitation, user: User, *, by: Principal) -> Membership:
    """Make `user` a member; one who has become a member meanwhile keeps their role."""
    membership, created = Membership.objects.get_or_create(
        account=invitation.account, user=user, defaults={"role": invitation.role}
    )
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    if created:
        changes = audit.difference(None, member_values(membership))
        audit.record(Action.MEMBER_ADDED, account=invitation.account, about=membership, by=by, changes=changes)
    return membership


def _end(invitation: Invitation, action: Action, *, by: Principal) -> None:
    changes = audit.difference(_values(invitation), None)
    audit.record(action, account=invitation.account, about=invitation, by=by, changes=changes)
    invitation.delete()


def _values(invitation: Invitation) -> audit.Values:
    """Return what the audit says of an invitation."""
    return {"email": invitation.email, "role": str(invitation.role)}

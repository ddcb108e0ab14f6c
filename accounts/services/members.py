"""Add, change and remove the members of an account, which never loses its last administrator."""

from contextlib import suppress

from django.db import transaction

from accounts import audit
from accounts.models import Account, Membership, User
from accounts.permissions import Role
from accounts.principal import Principal
from accounts.services.actions import Action
from accounts.services.users import member_values


class LastAdministrator(Exception):
    """The change would leave the account without an administrator."""


class AlreadyMember(Exception):
    """The user already belongs to the account."""


def add_member(account: Account, user: User, *, role: Role, by: Principal) -> Membership:
    """Make `user` a member of `account`; raise `AlreadyMember` rather than change the role they have."""
    with transaction.atomic():
        membership, created = Membership.objects.get_or_create(account=account, user=user, defaults={"role": role})
        if not created:
            raise AlreadyMember
        changes = audit.difference(None, member_values(membership))
        audit.record(Action.MEMBER_ADDED, account=account, about=membership, by=by, changes=changes)
    return membership


def change_role(membership: Membership, *, role: Role, by: Principal) -> None:
    """Change a member's role; raise `LastAdministrator` when the account would have none left."""
    with transaction.atomic():
        _lock(membership)
        if role != Role.ADMIN:
            _check_another_administrator(membership)
        before = member_values(membership)
        membership.role = role
        changes = audit.difference(before, member_values(membership))
        if changes:
            membership.save(update_fields=["role"])
            account = membership.account
            audit.record(Action.MEMBER_ROLE_CHANGED, account=account, about=membership, by=by, changes=changes)


def remove_member(membership: Membership, *, by: Principal) -> None:
    """Delete the membership, if it is there; raise `LastAdministrator` when the account would be left without one."""
    with transaction.atomic(), suppress(Membership.DoesNotExist):
        _lock(membership)
        _check_another_administrator(membership)
        changes = audit.difference(member_values(membership), None)
        audit.record(Action.MEMBER_REMOVED, account=membership.account, about=membership, by=by, changes=changes)
        membership.delete()


def _lock(membership: Membership) -> None:
    """Refresh the role under the lock of the account, which keeps two administrators from leaving at once."""
    Account.objects.select_for_update().get(pk=membership.account_id)
    membership.refresh_from_db(fields=["role"])


def _check_another_administrator(membership: Membership) -> None:
    """Raise `LastAdministrator` when `membership` is the only one."""
    admins = Membership.objects.filter(account_id=membership.account_id, role=Role.ADMIN)
    if not admins.exclude(pk=membership.pk).exists():
        raise LastAdministrator

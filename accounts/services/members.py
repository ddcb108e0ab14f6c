"""Add, change and remove the members of an account, which never loses its last administrator."""

from django.db import transaction

from accounts.models import Account, Membership, User
from accounts.permissions import Role
from accounts.services.users import create_user


class LastAdministrator(Exception):
    """The change would leave the account without an administrator."""


class AlreadyMember(Exception):
    """The user already belongs to the account."""


def add_member(account: Account, user: User, *, role: Role) -> Membership:
    """Make `user` a member of `account`; raise `AlreadyMember` rather than change the role they have."""
    membership, created = Membership.objects.get_or_create(account=account, user=user, defaults={"role": role})
    if not created:
        raise AlreadyMember
    return membership


def invite_member(account: Account, email: str, *, role: Role) -> Membership:
    """Add the user with this address, created without a password when there is none; raise `AlreadyMember`."""
    with transaction.atomic():
        user = User.objects.filter(email=email.lower()).first()
        if user is None:
            user = create_user(email.lower(), name=email.split("@", 1)[0])
        return add_member(account, user, role=role)


def change_role(membership: Membership, *, role: Role) -> None:
    """Change a member's role; raise `LastAdministrator` when the account would have none left."""
    with transaction.atomic():
        if role != Role.ADMIN:
            _check_another_administrator(membership)
        membership.role = role
        membership.save(update_fields=["role"])


def remove_member(membership: Membership) -> None:
    """Delete the membership; raise `LastAdministrator` when the account would have no administrator left."""
    with transaction.atomic():
        _check_another_administrator(membership)
        membership.delete()


def _check_another_administrator(membership: Membership) -> None:
    """Raise `LastAdministrator` when `membership` is the only one; the lock keeps two from leaving at once."""
    Account.objects.select_for_update().get(pk=membership.account_id)
    admins = Membership.objects.filter(account_id=membership.account_id, role=Role.ADMIN)
    if not admins.exclude(pk=membership.pk).exists():
        raise LastAdministrator

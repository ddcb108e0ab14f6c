"""Create users and accounts, and say who belongs to which account."""

from django.db import transaction
from django.utils.text import slugify

from accounts import audit
from accounts.models import Account, Membership, User
from accounts.permissions import Role
from accounts.principal import WORKER, Principal
from accounts.services.actions import Action


def create_user(
    email: str, *, name: str, password: str | None = None, language: str = "", by: Principal = WORKER
) -> User:
    """Create a user and their personal account, of which they are the administrator."""
    with transaction.atomic():
        user = User.objects.create_user(email, password, name=name, language=language)
        create_personal_account(user, by=by)
    return user


def create_personal_account(user: User, *, by: Principal = WORKER) -> Account:
    """Create the account in which `user` owns things without an organisation."""
    with transaction.atomic():
        account = create_account(Account.Kind.USER, name=user.name, slug=user.email.split("@", 1)[0], by=by)
        assign_role(account, user, role=Role.ADMIN, by=by)
    return account


def create_account(kind: Account.Kind, *, name: str, slug: str = "", by: Principal = WORKER) -> Account:
    """Create an account under a free slug: `ville`, else `ville-2`, `ville-3`…"""
    base = slugify(slug or name)[:70] or "account"
    with transaction.atomic():
        taken = set(Account.objects.filter(kind=kind, slug__startswith=base).values_list("slug", flat=True))
        free = next(s for n in range(1, len(taken) + 2) if (s := base if n == 1 else f"{base}-{n}") not in taken)
        account = Account.objects.create(kind=kind, slug=free, name=name)
        changes = audit.difference(None, {"key": account.key, "name": account.name, "language": account.language})
        audit.record(Action.ACCOUNT_CREATED, account=account, about=account, by=by, changes=changes)
    return account


def assign_role(account: Account, user: User, *, role: Role, by: Principal = WORKER) -> Membership:
    """Make `user` a member of `account` with `role`, or change the role they have."""
    with transaction.atomic():
        before = Membership.objects.select_for_update().filter(account=account, user=user).first()
        membership, _ = Membership.objects.update_or_create(account=account, user=user, defaults={"role": role})
        changes = audit.difference(member_values(before) if before else None, member_values(membership))
        if changes:
            action = Action.MEMBER_ROLE_CHANGED if before else Action.MEMBER_ADDED
            audit.record(action, account=account, about=membership, by=by, changes=changes)
    return membership


def member_values(membership: Membership) -> audit.Values:
    """Return what the audit says of a member."""
    return {"email": membership.user.email, "role": str(membership.role)}

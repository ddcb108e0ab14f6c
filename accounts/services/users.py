"""Create users and accounts, and say who belongs to which account."""

from django.db import transaction
from django.utils.text import slugify

from accounts.models import Account, Membership, User
from accounts.permissions import Role


def create_user(email: str, *, name: str, password: str | None = None, language: str = "") -> User:
    """Create a user and their personal account, of which they are the administrator."""
    with transaction.atomic():
        user = User.objects.create_user(email, password, name=name, language=language)
        create_personal_account(user)
    return user


def create_personal_account(user: User) -> Account:
    """Create the account in which `user` owns things without an organisation."""
    with transaction.atomic():
        account = create_account(Account.Kind.USER, name=user.name, slug=user.email.split("@", 1)[0])
        assign_role(account, user, role=Role.ADMIN)
    return account


def create_account(kind: Account.Kind, *, name: str, slug: str = "") -> Account:
    """Create an account under a free slug: `ville`, else `ville-2`, `ville-3`…"""
    base = slugify(slug or name)[:70] or "account"
    with transaction.atomic():
        taken = set(Account.objects.filter(kind=kind, slug__startswith=base).values_list("slug", flat=True))
        free = next(s for n in range(1, len(taken) + 2) if (s := base if n == 1 else f"{base}-{n}") not in taken)
        return Account.objects.create(kind=kind, slug=free, name=name)


def assign_role(account: Account, user: User, *, role: Role) -> Membership:
    """Make `user` a member of `account` with `role`, or change the role they have."""
    membership, _ = Membership.objects.update_or_create(account=account, user=user, defaults={"role": role})
    return membership

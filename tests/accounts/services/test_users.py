"""Users and accounts are created together, under slugs of their own."""

from accounts.models import Account
from accounts.permissions import Role
from accounts.services.users import assign_role, create_account, create_user


def test_a_user_administers_a_personal_account(db):
    dora = create_user("Dora.Roux@ville.example", name="Dora Roux")

    assert (dora.email, dora.has_usable_password()) == ("dora.roux@ville.example", False)
    assert [(m.account.key, m.role) for m in dora.memberships.all()] == [("user:doraroux", "admin")]


def test_a_slug_that_is_taken_gets_a_number(db):
    slugs = [create_account(Account.Kind.ORGANIZATION, name="Ville").slug for _ in range(3)]

    assert slugs == ["ville", "ville-2", "ville-3"]
    assert create_account(Account.Kind.USER, name="Ville").slug == "ville"


def test_a_role_is_assigned_once_and_then_changed(account, bob):
    assign_role(account, bob, role=Role.READER)
    assign_role(account, bob, role=Role.ADMIN)

    assert [m.role for m in account.memberships.filter(user=bob)] == ["admin"]

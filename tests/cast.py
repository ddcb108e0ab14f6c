"""The people of every test: alice administers Ville, carl contributes to it, ursula reads it, bob is outside."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Account, User
from accounts.permissions import Role
from accounts.services import users


@pytest.fixture
def account(db: None) -> Account:
    account = users.create_account(Account.Kind.ORGANIZATION, name="Ville", slug="ville")
    account.language = "en"
    account.save(update_fields=["language"])
    return account


def _member(account: Account, name: str, role: Role) -> User:
    user = users.create_user(f"{name}@ville.example", name=name.title(), language="en")
    users.assign_role(account, user, role=role)
    return user


@pytest.fixture
def alice(account: Account) -> User:
    return _member(account, "alice", Role.ADMIN)


@pytest.fixture
def carl(account: Account) -> User:
    return _member(account, "carl", Role.CONTRIBUTOR)


@pytest.fixture
def ursula(account: Account) -> User:
    return _member(account, "ursula", Role.READER)


@pytest.fixture
def bob(db: None) -> User:
    return users.create_user("bob@ailleurs.example", name="Bob", language="en")


@pytest.fixture
def sign_in() -> Callable[[User], Client]:
    """A function that returns a browser in which a user is signed in; they act for their organisation, if any."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in

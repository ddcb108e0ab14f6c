"""The people of every test: alice administers Ville, carl contributes to it, ursula reads it, bob is outside."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts import signup
from accounts.middleware import SESSION_KEY
from accounts.models import Account, User
from accounts.permissions import Role


@pytest.fixture
def account(db: None) -> Account:
    account = signup.open_account(Account.Kind.ORGANIZATION, name="Ville", slug="ville")
    account.language = "en"
    account.save(update_fields=["language"])
    return account


def _member(account: Account, name: str, role: Role) -> User:
    user = signup.create_user(f"{name}@ville.example", name=name.title(), language="en")
    signup.join(account, user, role=role)
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
    return signup.create_user("bob@ailleurs.example", name="Bob", language="en")


@pytest.fixture
def sign_in() -> Callable[[User], Client]:
    """Give a browser in which a person is signed in and acts for their organisation, if they have one."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        organization = user.accounts.filter(kind=Account.Kind.ORGANIZATION).first()
        if organization:
            session = client.session
            session[SESSION_KEY] = organization.pk
            session.save()
        return client

    return sign_in

"""The account that a request acts for."""

import pytest
from django.test import Client

from accounts.middleware import SESSION_KEY
from accounts.models import Account, Membership, User
from accounts.permissions import Role
from accounts.services.users import assign_role, create_account


@pytest.fixture
def agglomeration(alice: User) -> Account:
    account = create_account(Account.Kind.ORGANIZATION, name="Agglomération", slug="agglo")
    assign_role(account, alice, role=Role.READER)
    return account


def _new_session(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _account_of(browser: Client) -> Account:
    return browser.get("/datasets/").context["request"].account


def test_a_member_of_an_organisation_begins_in_it(alice, account):
    assert _account_of(_new_session(alice)) == account


def test_a_user_without_an_organisation_begins_in_their_personal_account(bob):
    assert _account_of(_new_session(bob)) == bob.accounts.get()


def test_a_user_of_two_organisations_begins_in_the_first_by_name(alice, account, agglomeration):
    assert _account_of(_new_session(alice)) == agglomeration


@pytest.mark.parametrize("key", ["organization:ville", "user:alice"])
def test_a_new_session_begins_in_the_account_chosen_last(key, alice, agglomeration):
    _new_session(alice).post("/account/", {"account": key})

    assert _account_of(_new_session(alice)).key == key


def test_another_session_keeps_the_account_that_was_chosen_in_it(alice, account, agglomeration):
    office, home = _new_session(alice), _new_session(alice)
    office.post("/account/", {"account": "organization:ville"})
    home.post("/account/", {"account": "user:alice"})

    assert [_account_of(browser).key for browser in (office, home)] == ["organization:ville", "user:alice"]


def test_an_account_that_one_left_is_not_used_any_more(alice, account, agglomeration):
    browser = _new_session(alice)
    browser.post("/account/", {"account": "organization:ville"})
    Membership.objects.filter(account=account, user=alice).delete()

    assert _account_of(browser) == _account_of(_new_session(alice)) == agglomeration


def test_deleting_the_account_used_last_keeps_the_user(alice, account):
    _new_session(alice).post("/account/", {"account": account.key})
    account.delete()

    assert _account_of(_new_session(alice)).key == "user:alice"


def test_the_header_lists_the_personal_account_first(alice, account, agglomeration):
    memberships = _new_session(alice).get("/datasets/").context["request"].memberships

    assert [m.account.key for m in memberships] == ["user:alice", "organization:agglo", "organization:ville"]


def test_an_outsider_acts_only_for_their_own_account(bob, account):
    browser = _new_session(bob)
    session = browser.session
    session[SESSION_KEY] = account.pk
    session.save()

    assert _account_of(browser) == bob.accounts.get()


def test_a_visitor_acts_for_no_account(client, db):
    request = client.get("/sign-in/").context["request"]

    assert (request.account, request.role, request.memberships) == (None, None, [])

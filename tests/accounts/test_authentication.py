"""The account that a session acts for in the REST API."""

import pytest
from django.test import Client

from accounts.models import User


def _owner_of_what_is_created(user: User, *, headers: dict[str, str] | None = None, choose: str = "") -> str:
    """Create a catalog over a new session of `user`; return the account that owns it."""
    browser = Client()
    browser.force_login(user)
    if choose:
        browser.post("/account/", {"account": choose})
    answer = browser.post("/api/v1/catalogs", {"title": "Portal"}, content_type="application/json", headers=headers)
    owner = answer.json()["owner"]
    return f"{owner['type']}:{owner['id']}"


def test_a_session_begins_in_the_organisation_as_on_the_pages(alice):
    assert _owner_of_what_is_created(alice) == "organization:ville"


@pytest.mark.parametrize("key", ["organization:ville", "user:alice"])
def test_a_session_acts_for_the_account_chosen_on_the_pages(key, alice):
    assert _owner_of_what_is_created(alice, choose=key) == key


def test_a_session_acts_for_the_account_that_it_names(alice):
    assert _owner_of_what_is_created(alice, headers={"X-Account": "user:alice"}) == "user:alice"


def test_a_session_does_not_act_for_an_account_of_others(bob, account, client):
    client.force_login(bob)

    assert client.get("/api/v1/webhooks", headers={"X-Account": account.key}).status_code == 403

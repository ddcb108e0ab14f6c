"""The operators' admin of the accounts room."""

import pytest
from django.test import Client

from accounts import attempts
from accounts.models import Account, ApiKey, User
from accounts.principal import WORKER
from accounts.services import api_keys


@pytest.fixture
def operator(db):
    return User.objects.create_superuser("ops@ville.example", "demo", name="Ops", language="en")


@pytest.fixture
def browser(operator):
    client = Client()
    client.force_login(operator)
    return client


@pytest.mark.parametrize("model", ["user", "account", "membership", "apikey"])
@pytest.mark.parametrize("page", ["", "?q=ville", "add/"])
def test_the_pages_of_the_admin_open(model, page, browser, alice, account):
    api_keys.issue_key(account, title="Harvester", scopes=["datasets"], by=WORKER)

    expected = 403 if (model, page) == ("apikey", "add/") else 200
    assert browser.get(f"/admin/accounts/{model}/{page}").status_code == expected


def test_the_admin_shows_a_key_without_its_digest(browser, account):
    key, _clear = api_keys.issue_key(account, title="Harvester", scopes=["datasets"], by=WORKER)

    for path in ("", f"{key.pk}/change/"):
        page = browser.get(f"/admin/accounts/apikey/{path}").content.decode()
        assert f"pv_{key.prefix}_…" in page
        assert key.digest not in page


def test_an_operator_revokes_a_key(browser, account):
    key, clear = api_keys.issue_key(account, title="Harvester", scopes=["datasets"], by=WORKER)

    browser.post(f"/admin/accounts/apikey/{key.pk}/delete/", {"post": "yes"})

    assert ApiKey.objects.find(clear) is None


def test_a_user_made_in_the_admin_gets_their_personal_account(browser):
    answer = browser.post(
        "/admin/accounts/user/add/",
        {
            "email": "dora@ville.example",
            "name": "Dora",
            "usable_password": "true",
            "password1": "une-phrase-bien-longue",
            "password2": "une-phrase-bien-longue",
        },
    )

    dora = User.objects.get(email="dora@ville.example")
    assert answer.status_code == 302
    assert [(m.account.key, m.role) for m in dora.memberships.all()] == [("user:dora", "admin")]


def test_editing_a_user_opens_no_second_account(browser, alice):
    form = {"email": alice.email, "name": "Alice B.", "language": "en", "is_active": "on"}
    answer = browser.post(f"/admin/accounts/user/{alice.pk}/change/", form)

    alice.refresh_from_db()
    assert (answer.status_code, alice.name) == (302, "Alice B.")
    assert alice.accounts.filter(kind=Account.Kind.USER).count() == 1


def test_only_operators_enter_the_admin(alice, client):
    alice.set_password("demo")
    alice.save()

    answer = client.post(
        "/admin/login/", {"username": alice.email, "password": "demo"}, headers={"accept-language": "en"}
    )

    assert answer.context["form"].non_field_errors() == ["This e-mail address and this password do not go together."]
    assert "_auth_user_id" not in client.session


def test_the_door_of_the_admin_counts_failures_too(operator, client):
    for _attempt in range(attempts.ON_USER_FROM_NETWORK.maximum):
        client.post("/admin/login/", {"username": operator.email, "password": "wrong"})

    client.post("/admin/login/", {"username": operator.email, "password": "demo"})

    assert "_auth_user_id" not in client.session


def test_an_operator_enters_the_admin(operator, client):
    answer = client.post(
        "/admin/login/?next=/admin/", {"username": operator.email, "password": "demo", "next": "/admin/"}
    )

    assert answer["Location"] == "/admin/"
    assert 'css/admin.css"' in client.get("/admin/").content.decode()

"""The account in use, its name and language, the language of the pages."""

import pytest
from django.test import Client

from accounts.middleware import SESSION_KEY
from accounts.models import Account


def test_the_account_gets_another_name_and_language(alice, account, sign_in):
    browser = sign_in(alice)

    answer = browser.post("/settings/general/", {"name": "Ville de Valbourg", "language": "fr"})

    account.refresh_from_db()
    assert (answer["Location"], account.name, account.language) == ("/settings/general/", "Ville de Valbourg", "fr")
    assert browser.post("/settings/general/", {"name": "", "language": "xx"}).status_code == 422


def test_one_acts_for_another_of_ones_accounts_after_choosing_it(alice, account, sign_in):
    browser = sign_in(alice)
    personal = alice.accounts.get(kind=Account.Kind.USER)

    answer = browser.post("/account/", {"account": personal.key})

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert browser.get("/settings/general/").context["request"].account == personal


@pytest.mark.parametrize("named", ["organization:ville", "organization:nowhere", "", "1"])
def test_one_cannot_act_for_an_account_one_does_not_belong_to(named, bob, account, sign_in):
    browser = sign_in(bob)

    assert browser.post("/account/", {"account": named}).status_code == 404
    assert SESSION_KEY not in browser.session


def test_the_language_is_kept_for_the_person_and_for_the_browser(alice, sign_in):
    browser = sign_in(alice)

    answer = browser.post("/language/", {"language": "fr", "next": "/settings/general/"})

    alice.refresh_from_db()
    assert (answer["Location"], alice.language) == ("/settings/general/", "fr")
    assert answer.cookies["django_language"].value == "fr"
    assert '<html lang="fr">' in browser.get("/settings/general/").content.decode()


def test_a_language_that_does_not_exist_changes_nothing(alice, sign_in):
    sign_in(alice).post("/language/", {"language": "xx", "next": "https://evil.example/"})

    alice.refresh_from_db()
    assert alice.language == "en"


def test_changing_the_language_leads_to_no_other_site(db):
    assert Client().post("/language/", {"language": "en", "next": "https://evil.example/"})["Location"] == "/"


def test_the_settings_begin_with_the_webhooks(alice, sign_in):
    assert sign_in(alice).get("/settings/")["Location"] == "/settings/webhooks/"

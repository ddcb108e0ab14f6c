"""Who may open which page of the accounts room, and what the pages cost."""

import re
from functools import partial

import pytest
from django.test import Client, RequestFactory
from django.views.defaults import bad_request, server_error

from accounts.middleware import SESSION_KEY
from accounts.models import Account, ApiKey, Membership
from tests.factories import MembershipFactory

SETTINGS = (
    "/settings/keys/",
    "/settings/keys/new/",
    "/settings/members/",
    "/settings/members/new/",
    "/settings/general/",
)


@pytest.mark.parametrize("path", SETTINGS)
def test_settings_are_for_administrators(path, alice, carl, ursula, bob, sign_in):
    codes = {user.name: sign_in(user).get(path).status_code for user in (alice, carl, ursula)}

    assert codes == {"Alice": 200, "Carl": 403, "Ursula": 403}


@pytest.mark.parametrize("path", [*SETTINGS, "/settings/", "/password/"])
def test_a_visitor_is_sent_to_the_sign_in_page(path, client, db):
    assert client.get(path)["Location"] == f"/sign-in/?next={path}"


@pytest.mark.parametrize("path", ["/settings/members/1/role/", "/account/", "/sign-out/", "/language/"])
def test_acts_are_posts(path, alice, sign_in):
    assert sign_in(alice).get(path).status_code == 405


def test_the_refusal_says_why_and_names_the_account(carl, account, sign_in):
    answer = sign_in(carl).get("/settings/members/")

    assert answer.status_code == 403
    assert "Your role in the account Ville does not allow it." in answer.content.decode()


def test_an_outsider_acts_only_for_their_own_account(bob, account, sign_in):
    browser = sign_in(bob)
    session = browser.session
    session[SESSION_KEY] = account.pk
    session.save()

    answer = browser.get("/settings/general/")

    assert answer.context["request"].account == bob.accounts.get()


@pytest.mark.parametrize("act", ["role", "remove"])
def test_a_member_of_another_account_does_not_exist(act, alice, bob, sign_in):
    other = MembershipFactory(user=bob)

    answer = sign_in(alice).post(f"/settings/members/{other.pk}/{act}/", {"role": "reader"})

    assert answer.status_code == 404
    assert Membership.objects.get(pk=other.pk).role == "admin"


def test_a_key_of_another_account_does_not_exist(alice, bob, sign_in):
    key, _clear = ApiKey.objects.issue(bob.accounts.get(), title="Theirs", scopes=["datasets"])

    assert sign_in(alice).post(f"/settings/keys/{key.pk}/delete/").status_code == 404
    assert ApiKey.objects.filter(pk=key.pk).exists()


def test_a_personal_account_has_no_members_to_manage(bob, sign_in):
    browser = sign_in(bob)

    assert browser.get("/settings/members/").status_code == 404
    assert browser.post("/settings/members/new/", {"email": "x@ville.example", "role": "admin"}).status_code == 404
    assert "/settings/members/" not in browser.get("/settings/general/").content.decode()


def test_the_settings_are_offered_only_to_those_who_may_open_them(alice, carl, sign_in):
    offers = {
        user.name: 'href="/settings/"' in sign_in(user).get("/password/").content.decode() for user in (alice, carl)
    }

    assert offers == {"Alice": True, "Carl": False}


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


@pytest.mark.parametrize("rows", [1, 50])
def test_the_list_of_keys_costs_the_same_whatever_its_length(rows, alice, account, sign_in, django_assert_num_queries):
    for n in range(rows):
        ApiKey.objects.issue(account, title=f"Key {n}", scopes=["datasets"])
    browser = sign_in(alice)

    with django_assert_num_queries(4):  # session, user, memberships, keys
        answer = browser.get("/settings/keys/")

    assert len(answer.context["keys"]) == rows


@pytest.mark.parametrize("rows", [1, 50])
def test_the_list_of_members_costs_the_same_whatever_its_length(
    rows, alice, account, sign_in, django_assert_num_queries
):
    MembershipFactory.create_batch(rows - 1, account=account)
    browser = sign_in(alice)

    with django_assert_num_queries(4):  # session, user, memberships, members with their users
        answer = browser.get("/settings/members/")

    assert len(answer.context["rows"]) == rows


def test_a_page_that_does_not_exist_says_so_in_our_clothes(alice, sign_in):
    answer = sign_in(alice).get("/no-such-page/")

    assert answer.status_code == 404
    assert "This page does not exist" in answer.content.decode()


def test_a_form_that_comes_without_its_token_is_refused_with_an_explanation(db):
    browser = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})

    answer = browser.post("/sign-in/", {"username": "alice@ville.example", "password": "x"})

    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()


@pytest.mark.parametrize(("view", "status"), [(partial(bad_request, exception=Exception()), 400), (server_error, 500)])
def test_the_pages_of_the_worst_cases_need_nothing_but_themselves(view, status, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = view(RequestFactory().get("/"))

    assert (answer.status_code, b'href="/"' in answer.content) == (status, True)


def test_the_settings_begin_with_the_webhooks(alice, sign_in):
    assert sign_in(alice).get("/settings/")["Location"] == "/settings/webhooks/"


def _menu(page: str) -> dict[str, bool]:
    """Give the words of the main menu, each with whether it is marked as the page shown."""
    menu = page.split('<nav class="nav"')[1].split("</nav>")[0]
    return {
        word: bool(mark)
        for mark, word in re.findall(
            r"<a href=\"[^\"]+\"( aria-current=\"page\")?>.*?</svg> (.*?)</a>", menu, re.DOTALL
        )
    }


def test_the_menu_marks_where_one_is(alice, ursula, sign_in):
    at = {path: _menu(sign_in(alice).get(path).content.decode()) for path in ("/", "/datasets/", "/settings/keys/")}

    assert {path: [word for word, here in menu.items() if here] for path, menu in at.items()} == {
        "/": ["Home"],
        "/datasets/": ["Datasets"],
        "/settings/keys/": ["Settings"],
    }
    assert at["/"].keys() - _menu(sign_in(ursula).get("/").content.decode()).keys() == {"Settings"}

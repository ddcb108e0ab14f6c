"""The error pages and the menu of the site."""

import re
from functools import partial

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.test import Client, RequestFactory
from django.views.defaults import server_error

from config.bad_request import bad_request


def _menu(page: str) -> dict[str, bool]:
    """Return the labels of the main menu, each with whether it is marked as the current page."""
    menu = page.split('<nav class="nav"')[1].split("</nav>")[0]
    return {
        word: bool(mark)
        for mark, word in re.findall(
            r"<a href=\"[^\"]+\"( aria-current=\"page\")?>.*?</svg> (.*?)</a>", menu, re.DOTALL
        )
    }


def test_the_settings_are_offered_only_to_those_who_may_open_them(alice, carl, sign_in):
    offers = {
        user.name: 'href="/settings/"' in sign_in(user).get("/password/").content.decode() for user in (alice, carl)
    }

    assert offers == {"Alice": True, "Carl": False}


def test_a_page_that_does_not_exist_says_so_in_our_clothes(alice, sign_in):
    answer = sign_in(alice).get("/no-such-page/")

    assert answer.status_code == 404
    assert "This page does not exist" in answer.content.decode()


@pytest.mark.parametrize("path", ["/sign-in/", "/no-such-page/", "/api/v1/datasets", "/api/v1/none", "/admin/login/"])
def test_every_answer_switches_off_what_no_page_needs(path, client, db):
    policy = client.get(path).headers["Permissions-Policy"]

    assert {"camera=()", "geolocation=()", "microphone=()", "usb=()"} <= set(policy.split(", "))
    assert "clipboard" not in policy  # which the copy buttons need


def test_a_form_that_comes_without_its_token_is_refused_with_an_explanation(db):
    browser = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})

    answer = browser.post("/sign-in/", {"username": "alice@ville.example", "password": "x"})

    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()


@pytest.mark.parametrize(
    ("view", "status"),
    [
        (partial(bad_request, exception=SuspiciousOperation()), 400),
        (partial(bad_request, exception=RequestDataTooBig()), 413),
        (server_error, 500),
    ],
)
def test_the_pages_of_the_worst_cases_need_nothing_but_themselves(view, status, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = view(RequestFactory().get("/"))

    assert (answer.status_code, b'href="/"' in answer.content) == (status, True)


def test_the_menu_marks_where_one_is(alice, ursula, sign_in):
    at = {path: _menu(sign_in(alice).get(path).content.decode()) for path in ("/", "/datasets/", "/settings/keys/")}

    assert {path: [word for word, here in menu.items() if here] for path, menu in at.items()} == {
        "/": ["Home"],
        "/datasets/": ["Datasets"],
        "/settings/keys/": ["Settings"],
    }
    assert at["/"].keys() - _menu(sign_in(ursula).get("/").content.decode()).keys() == {"Settings"}

"""The mark of a browser in which somebody signed in before."""

from django.http import HttpResponse
from django.test import RequestFactory

from accounts import devices

ALICE, BOB = "alice@ville.example", "bob@ville.example"


def _browser(cookie=""):
    request = RequestFactory().get("/")
    request.COOKIES.update({devices.COOKIE: cookie} if cookie else {})
    return request


def _after(request, email):
    answer = HttpResponse()
    devices.remember(request, answer, email)
    return _browser(answer.cookies[devices.COOKIE].value)


def test_a_browser_is_known_for_those_who_signed_in_there_and_nobody_else():
    browser = _after(_browser(), ALICE)

    assert devices.mark_of(browser, " ALICE@ville.example")
    assert devices.mark_of(browser, BOB) == ""


def test_a_mark_stays_and_each_user_and_browser_has_their_own():
    one = _after(_browser(), ALICE)
    both = _after(one, BOB)

    assert devices.mark_of(_after(both, ALICE), ALICE) == devices.mark_of(one, ALICE)
    assert devices.mark_of(both, BOB) != devices.mark_of(both, ALICE)
    assert devices.mark_of(_after(_browser(), ALICE), ALICE) != devices.mark_of(one, ALICE)


def test_the_last_users_of_a_browser_are_remembered():
    browser = _browser()
    for n in range(devices.MAX_USERS + 1):
        browser = _after(browser, f"user{n}@ville.example")

    assert devices.mark_of(browser, "user0@ville.example") == ""
    assert devices.mark_of(browser, "user1@ville.example")


def test_a_forged_cookie_is_no_mark():
    cookie = _after(_browser(), ALICE).COOKIES[devices.COOKIE]
    for forged in (cookie[:-1], "x" + cookie, "a.b", cookie.replace(".", "-"), "\x00", "é" * 4000):
        assert devices.mark_of(_browser(forged), ALICE) == ""


def test_no_address_stands_in_the_cookie():
    assert "alice" not in _after(_browser(), ALICE).COOKIES[devices.COOKIE]

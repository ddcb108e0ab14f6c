"""Signing in and out."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import throttle

PASSWORD = "un-mot-de-passe-solide"


@pytest.fixture
def alice(alice):
    alice.set_password(PASSWORD)
    alice.save()
    return alice


@pytest.fixture
def client() -> Client:
    return Client(headers={"accept-language": "en"})


def _try(client: Client, password: str, *, email="alice@ville.example", address="192.0.2.1", **data):
    return client.post("/sign-in/", {"username": email, "password": password, **data}, REMOTE_ADDR=address)


def test_the_right_password_signs_in_and_leads_home(alice, client):
    answer = _try(client, PASSWORD)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_an_address_is_known_in_any_case(alice, client):
    assert _try(client, PASSWORD, email="Alice@Ville.Example").status_code == 302


def test_one_is_led_on_to_where_one_was_going(alice, client):
    asked = client.get("/settings/keys/?page=2")
    answer = client.post(asked["Location"], {"username": alice.email, "password": PASSWORD, "next": "/settings/keys/"})

    assert asked["Location"] == "/sign-in/?next=/settings/keys/%3Fpage%3D2"
    assert answer["Location"] == "/settings/keys/"


@pytest.mark.parametrize(
    "next_url", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:///evil"]
)
def test_one_is_never_led_to_another_site(alice, client, next_url):
    assert _try(client, PASSWORD, next=next_url)["Location"] == "/"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(alice, client):
    wrong = _try(client, "wrong")
    unknown = _try(client, "wrong", email="nobody@ville.example")

    def said(answer):
        return answer.context["form"].non_field_errors()

    assert said(wrong) == said(unknown) == ["This e-mail address and this password do not go together."]
    assert "_auth_user_id" not in client.session


def test_a_person_who_was_switched_off_gets_that_same_answer(alice, client):
    alice.is_active = False
    alice.save()

    answer = _try(client, PASSWORD)

    assert answer.context["form"].non_field_errors() == ["This e-mail address and this password do not go together."]


def test_after_too_many_failures_even_the_right_password_is_refused(alice, client):
    for _attempt in range(throttle.MAX_FAILURES):
        _try(client, "wrong")

    answer = _try(client, PASSWORD)

    assert answer.context["form"].non_field_errors() == [
        "Too many attempts. Wait a quarter of an hour, then try again."
    ]
    assert "_auth_user_id" not in client.session


def test_an_unknown_address_is_refused_just_as_a_known_one_after_too_many_failures(db, client):
    for _attempt in range(throttle.MAX_FAILURES):
        _try(client, "wrong", email="nobody@ville.example")

    answer = _try(client, "wrong", email="NOBODY@ville.example ")

    assert answer.context["form"].non_field_errors() == [
        "Too many attempts. Wait a quarter of an hour, then try again."
    ]


def test_a_guesser_does_not_lock_out_the_person_who_is_elsewhere(alice, client):
    for _attempt in range(throttle.MAX_FAILURES + 1):
        _try(client, "wrong", address="198.51.100.7")

    assert _try(client, PASSWORD).status_code == 302


def test_the_right_password_wipes_the_failures(alice, client):
    for _round in range(2):
        for _attempt in range(throttle.MAX_FAILURES - 1):
            _try(client, "wrong")
        assert _try(client, PASSWORD).status_code == 302
        client.logout()


def test_failures_are_forgotten_after_a_quarter_of_an_hour(alice, client, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    for _attempt in range(throttle.MAX_FAILURES + 1):
        _try(client, "wrong")

    with time_machine.travel(timezone.now() + timedelta(seconds=throttle.WINDOW_S + 1)):
        assert _try(client, PASSWORD).status_code == 302


def test_no_address_is_kept_in_the_cache_in_clear():
    assert "alice" not in throttle._key("alice@ville.example", "192.0.2.1")


def test_signing_out_is_a_post(alice, sign_in):
    browser = sign_in(alice)

    assert browser.get("/sign-out/").status_code == 405
    assert browser.post("/sign-out/")["Location"] == "/sign-in/"
    assert "_auth_user_id" not in browser.session


def test_one_who_is_signed_in_is_not_asked_again(alice, sign_in):
    assert sign_in(alice).get("/sign-in/")["Location"] == "/"

"""Signing in and out, and the forgotten password."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import attempts
from accounts.permissions import Role
from accounts.principal import WORKER
from accounts.services import members

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


def test_an_invitation_that_was_lost_is_sent_again_by_forgotten_password(account, client, mailoutbox):
    members.invite_member(account, "d@ville.example", role=Role.READER, by=WORKER)

    client.post("/password/forgotten/", {"email": "d@ville.example"})

    assert [letter.to for letter in mailoutbox] == [["d@ville.example"]]


def test_a_forgotten_password_is_chosen_anew_by_e_mail(alice, client, mailoutbox):
    client.post("/password/forgotten/", {"email": "ALICE@ville.example"})

    assert [letter.to for letter in mailoutbox] == [["alice@ville.example"]]
    assert "http://testserver/welcome/" in mailoutbox[0].body


def test_a_stranger_gets_the_same_answer_as_a_user_who_forgot(alice, client, mailoutbox):
    known, unknown = (
        client.post("/password/forgotten/", {"email": f"{name}@ville.example"}) for name in ("alice", "x")
    )

    def shown(answer):
        return answer.content.decode().replace(str(answer.context["csrf_token"]), "")

    assert shown(known) == shown(unknown)
    assert len(mailoutbox) == 1


def test_a_mailbox_is_not_flooded_with_reminders(alice, client, mailoutbox):
    for _attempt in range(attempts.MAX_ATTEMPTS + 5):
        client.post("/password/forgotten/", {"email": alice.email})

    assert len(mailoutbox) == attempts.MAX_ATTEMPTS


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
    for _attempt in range(attempts.MAX_ATTEMPTS):
        _try(client, "wrong")

    answer = _try(client, PASSWORD)

    assert answer.context["form"].non_field_errors() == [
        "Too many attempts. Wait a quarter of an hour, then try again."
    ]
    assert "_auth_user_id" not in client.session


def test_an_unknown_address_is_refused_just_as_a_known_one_after_too_many_failures(db, client):
    for _attempt in range(attempts.MAX_ATTEMPTS):
        _try(client, "wrong", email="nobody@ville.example")

    answer = _try(client, "wrong", email="NOBODY@ville.example ")

    assert answer.context["form"].non_field_errors() == [
        "Too many attempts. Wait a quarter of an hour, then try again."
    ]


def test_a_guesser_does_not_lock_out_the_person_who_is_elsewhere(alice, client):
    for _attempt in range(attempts.MAX_ATTEMPTS + 1):
        _try(client, "wrong", address="198.51.100.7")

    assert _try(client, PASSWORD).status_code == 302


def test_the_right_password_wipes_the_failures(alice, client):
    for _round in range(2):
        for _attempt in range(attempts.MAX_ATTEMPTS - 1):
            _try(client, "wrong")
        assert _try(client, PASSWORD).status_code == 302
        client.logout()


def test_failures_are_forgotten_after_a_quarter_of_an_hour(alice, client, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    for _attempt in range(attempts.MAX_ATTEMPTS + 1):
        _try(client, "wrong")

    with time_machine.travel(timezone.now() + timedelta(seconds=attempts.WINDOW_S + 1)):
        assert _try(client, PASSWORD).status_code == 302


def test_signing_out_is_a_post(alice, sign_in):
    browser = sign_in(alice)

    assert browser.get("/sign-out/").status_code == 405
    assert browser.post("/sign-out/")["Location"] == "/sign-in/"
    assert "_auth_user_id" not in browser.session


def test_one_who_is_signed_in_is_not_asked_again(alice, sign_in):
    assert sign_in(alice).get("/sign-in/")["Location"] == "/"


def _through_proxy(client: Client, password: str, *, forwarded: str):
    data = {"username": "alice@ville.example", "password": password}
    return client.post("/sign-in/", data, headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="10.0.0.1")


def test_failures_behind_a_proxy_do_not_shut_out_other_addresses(alice, client, settings):
    settings.TRUSTED_PROXIES = 1
    for _attempt in range(attempts.MAX_ATTEMPTS + 1):
        _through_proxy(client, "wrong", forwarded="198.51.100.7")

    assert _through_proxy(client, PASSWORD, forwarded="198.51.100.7").status_code == 200
    assert _through_proxy(client, PASSWORD, forwarded="192.0.2.1").status_code == 302


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_guesser_does_not_evade_the_limit_by_x_forwarded_for(proxies, alice, client, settings):
    settings.TRUSTED_PROXIES = proxies
    appended = ", 198.51.100.7" if proxies else ""
    for n in range(attempts.MAX_ATTEMPTS):
        _through_proxy(client, "wrong", forwarded=f"203.0.113.{n}{appended}")

    answer = _through_proxy(client, PASSWORD, forwarded=f"203.0.113.99{appended}")

    assert answer.context["form"].has_error("__all__", "throttled")


def test_a_guesser_does_not_evade_the_limit_within_an_ipv6_network(alice, client):
    for n in range(attempts.MAX_ATTEMPTS):
        _try(client, "wrong", address=f"2001:db8::{n + 1}")

    assert _try(client, PASSWORD, address="2001:db8::ffff").context["form"].has_error("__all__", "throttled")


def test_a_limit_on_reminders_behind_a_proxy_is_that_of_one_address(alice, client, mailoutbox, settings):
    settings.TRUSTED_PROXIES = 1
    for address in ["198.51.100.7"] * (attempts.MAX_ATTEMPTS + 1) + ["192.0.2.1"]:
        client.post("/password/forgotten/", {"email": alice.email}, headers={"X-Forwarded-For": address})

    assert len(mailoutbox) == attempts.MAX_ATTEMPTS + 1

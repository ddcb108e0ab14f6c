"""Signing in and out, and the forgotten password."""

import re
import time
from datetime import timedelta

import pytest
import time_machine
from celery import current_app
from django.test import Client
from django.utils import timezone

from accounts import broker
from accounts.attempts import LETTERS, LETTERS_FROM_NETWORK, ON_PASSWORD, ON_USER, ON_USER_FROM_NETWORK, WINDOW_S

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


def test_a_forgotten_password_is_chosen_anew_by_e_mail(alice, client, deliver_letters):
    client.post("/password/forgotten/", {"email": "ALICE@ville.example"})

    (letter,) = deliver_letters()
    assert letter.to == ["alice@ville.example"]
    assert "http://testserver/welcome/" in letter.body


def test_a_stranger_gets_the_same_answer_as_a_user_who_forgot(alice, client, deliver_letters):
    known, unknown = (
        client.post("/password/forgotten/", {"email": f"{name}@ville.example"}) for name in ("alice", "x")
    )

    def shown(answer):
        return answer.content.decode().replace(str(answer.context["csrf_token"]), "")

    assert shown(known) == shown(unknown)
    assert len(deliver_letters()) == 1


def test_the_same_is_done_for_a_stranger_before_the_answer(alice, client, django_assert_num_queries, deliver_letters):
    """Nobody is looked up: the worker does that, so that the time to answer tells nothing."""
    for name in ("alice", "x"):
        with django_assert_num_queries(0):
            client.post("/password/forgotten/", {"email": f"{name}@ville.example"})
    with current_app.connection() as connection:
        assert connection.SimpleQueue("ingest").qsize() == 2


def test_a_mailbox_is_not_flooded_with_reminders(alice, client, deliver_letters):
    for _attempt in range(LETTERS.maximum + 5):
        client.post("/password/forgotten/", {"email": alice.email})

    assert len(deliver_letters()) == LETTERS.maximum


def test_without_a_broker_one_is_told_that_no_letter_leaves(alice, client, monkeypatch):
    monkeypatch.setattr(broker, "_muted_until", time.monotonic() + 60)  # it did not answer a moment ago

    answers = [client.post("/password/forgotten/", {"email": f"{name}@ville.example"}) for name in ("alice", "x")]

    for answer in answers:
        assert "No e-mail can be sent just now" in answer.content.decode()


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


def _throttled(answer):
    (said,) = answer.context["form"].non_field_errors()
    wait = int(answer.headers["Retry-After"])
    found = re.fullmatch(r"Too many attempts\. Try again in (\d+) min, or choose .* by e-mail\.", said)
    assert found
    minutes = int(found[1])
    return answer.status_code == 429 and 0 < wait <= 60 * minutes <= WINDOW_S


@pytest.mark.parametrize("email", ["alice@ville.example", "nobody@ville.example"])
def test_after_too_many_failures_even_the_right_password_is_refused(alice, client, email):
    for _attempt in range(ON_USER_FROM_NETWORK.maximum):
        assert _try(client, "wrong", email=email).status_code == 200

    assert _throttled(_try(client, PASSWORD, email=email.upper() + " "))
    assert "_auth_user_id" not in client.session


def test_who_is_refused_by_the_page_is_refused_by_the_admin(alice, client):
    for _attempt in range(ON_USER_FROM_NETWORK.maximum):
        _try(client, "wrong")

    answer = client.post("/admin/login/", {"username": alice.email, "password": PASSWORD}, REMOTE_ADDR="192.0.2.1")

    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)


def test_guesses_made_elsewhere_do_not_lock_a_person_out_of_their_browser(alice, client):
    assert _try(client, PASSWORD).status_code == 302
    client.post("/sign-out/")
    stranger = Client()
    for n in range(ON_USER.maximum + 5):
        _try(stranger, "wrong", address=f"198.51.100.{n}")
    for _attempt in range(ON_USER_FROM_NETWORK.maximum + 5):
        _try(stranger, "wrong")

    assert _try(stranger, PASSWORD).status_code == 429
    assert _try(client, PASSWORD).status_code == 302


def test_the_link_of_an_e_mail_opens_a_browser_that_is_refused(alice, client, deliver_letters):
    for n in range(ON_USER.maximum + 5):
        _try(Client(), "wrong", address=f"198.51.100.{n}")
    client.post("/password/forgotten/", {"email": alice.email})
    link = re.findall(r"http://testserver(/welcome/\S+)", deliver_letters()[0].body)[0]
    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"name": "Alice", "new_password1": "une-autre-phrase", "new_password2": "une-autre-phrase"})
    client.post("/sign-out/")

    assert _try(client, "une-autre-phrase").status_code == 302


def test_who_finds_a_session_open_cannot_guess_its_password(alice, client):
    client.force_login(alice)
    wanted = {"new_password1": "une-autre-phrase", "new_password2": "une-autre-phrase"}
    for _attempt in range(ON_PASSWORD.maximum):
        assert client.post("/password/", {"old_password": "wrong", **wanted}).status_code == 200

    answer = client.post("/password/", {"old_password": PASSWORD, **wanted})

    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_a_guesser_does_not_lock_out_the_person_who_is_elsewhere(alice, client):
    for _attempt in range(ON_USER_FROM_NETWORK.maximum + 1):
        _try(client, "wrong", address="198.51.100.7")

    assert _try(client, PASSWORD).status_code == 302


def test_the_right_password_wipes_the_failures(alice, client):
    for _round in range(2):
        for _attempt in range(ON_USER_FROM_NETWORK.maximum - 1):
            _try(client, "wrong")
        assert _try(client, PASSWORD).status_code == 302
        client.logout()


def test_failures_are_forgotten_after_a_quarter_of_an_hour(alice, client, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    for _attempt in range(ON_USER_FROM_NETWORK.maximum + 1):
        _try(client, "wrong")

    with time_machine.travel(timezone.now() + timedelta(seconds=WINDOW_S + 1)):
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
    for _attempt in range(ON_USER_FROM_NETWORK.maximum + 1):
        _through_proxy(client, "wrong", forwarded="198.51.100.7")

    assert _through_proxy(client, PASSWORD, forwarded="198.51.100.7").status_code == 429
    assert _through_proxy(client, PASSWORD, forwarded="192.0.2.1").status_code == 302


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_guesser_does_not_evade_the_limit_by_x_forwarded_for(proxies, alice, client, settings):
    settings.TRUSTED_PROXIES = proxies
    appended = ", 198.51.100.7" if proxies else ""
    for n in range(ON_USER_FROM_NETWORK.maximum):
        _through_proxy(client, "wrong", forwarded=f"203.0.113.{n}{appended}")

    answer = _through_proxy(client, PASSWORD, forwarded=f"203.0.113.99{appended}")

    assert answer.context["form"].has_error("__all__", "throttled")


def test_a_guesser_does_not_evade_the_limit_within_an_ipv6_network(alice, client):
    for n in range(ON_USER_FROM_NETWORK.maximum):
        _try(client, "wrong", address=f"2001:db8::{n + 1}")

    assert _try(client, PASSWORD, address="2001:db8::ffff").context["form"].has_error("__all__", "throttled")


def test_a_limit_on_letters_behind_a_proxy_is_that_of_one_address(alice, client, deliver_letters, settings):
    settings.TRUSTED_PROXIES = 1
    for n in range(LETTERS_FROM_NETWORK.maximum + 1):
        form = {"email": f"user{n}@ville.example"}
        client.post("/password/forgotten/", form, headers={"X-Forwarded-For": "198.51.100.7"})
    for address in ("198.51.100.7", "192.0.2.1"):
        client.post("/password/forgotten/", {"email": alice.email}, headers={"X-Forwarded-For": address})

    assert len(deliver_letters()) == 1

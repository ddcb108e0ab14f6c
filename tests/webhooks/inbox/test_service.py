"""The built-in receiver stores and verifies what arrives, and responds as configured."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from webhooks.inbox import service
from webhooks.models import Inbox, InboxMessage, Secret, Webhook
from webhooks.signing import key_of, sign

BODY = b'{"text": "R\xc3\xa9seau <b>cyclable</b>"}'


@pytest.fixture(autouse=True)
def _enabled(settings):
    settings.INBOX_ENABLED = True


@pytest.fixture
def inbox(account):
    return Inbox.objects.create(account=account)


@pytest.fixture
def secret(account):
    webhook = Webhook.objects.create(account=account, title="My receiver", event_types=["x"], target_kind="http")
    secret = Secret.generate(webhook)
    secret.save()
    return secret


def post(inbox, body=BODY, *, rest="", **headers):
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return Client(enforce_csrf_checks=True).post(
        f"/inbox/{inbox.token}/{rest}", body, content_type="application/json", **named
    )


def signed(secret, body=BODY, *, at=None):
    timestamp = int((at or timezone.now()).timestamp())
    signature = sign([key_of(secret.reveal())], message_id="abc", timestamp=timestamp, body=body)
    return {"webhook-id": "abc", "webhook-timestamp": str(timestamp), "webhook-signature": signature}


def test_it_exists_only_where_it_is_enabled(settings, inbox):
    settings.INBOX_ENABLED = False

    assert post(inbox).status_code == 404


def test_it_keeps_what_arrives_byte_by_byte(inbox):
    assert post(inbox, rest="collect?v=1", **{"x-one": "1"}).status_code == 200

    message = InboxMessage.objects.get()
    assert (message.method, message.path, bytes(message.body)) == ("POST", "/collect?v=1", BODY)
    assert ["x-one", "1"] in message.headers
    assert (message.answered, message.verdict) == (200, "missing")


def test_an_unknown_address_is_not_found(db):
    assert Client().post("/inbox/unknown/", b"{}", content_type="application/json").status_code == 404


def test_it_names_the_webhook_that_signed(inbox, secret):
    post(inbox, **signed(secret))

    assert (InboxMessage.objects.get().verdict, InboxMessage.objects.get().signed_by) == ("valid", "My receiver")


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (lambda headers: {**headers, "webhook-signature": "v1,AAAA"}, "wrong"),
        (lambda headers: {**headers, "webhook-id": "other"}, "wrong"),
        (lambda headers: {k: v for k, v in headers.items() if k != "webhook-id"}, "missing"),
        (lambda headers: {**headers, "webhook-timestamp": "soon"}, "missing"),
    ],
)
def test_it_tells_what_is_wrong_with_a_signature(inbox, secret, change, verdict):
    post(inbox, **change(signed(secret)))

    assert InboxMessage.objects.get().verdict == verdict


def test_an_old_timestamp_is_stale_even_when_well_signed(inbox, secret):
    post(inbox, **signed(secret, at=timezone.now() - timedelta(minutes=6)))

    assert InboxMessage.objects.get().verdict == "stale"


def test_a_secret_that_a_rotation_ended_verifies_no_more(inbox, secret):
    secret.valid_until = timezone.now() - timedelta(seconds=1)
    secret.save()

    post(inbox, **signed(secret))

    assert InboxMessage.objects.get().verdict == "wrong"


def test_secrets_of_other_accounts_verify_nothing(inbox, secret, bob):
    theirs = Inbox.objects.create(account=bob.accounts.get())

    post(theirs, **signed(secret))

    assert InboxMessage.objects.get().verdict == "wrong"


@pytest.mark.parametrize(
    ("behaviour", "status", "answered"),
    [("ok", 200, 200), ("error", 500, 500), ("gone", 410, 410), ("slow", 200, 200), ("never", 504, None)],
)
def test_it_answers_as_it_is_told(monkeypatch, inbox, behaviour, status, answered):
    monkeypatch.setattr(service, "DELAYS_S", dict.fromkeys(service.DELAYS_S, 0.01))
    Inbox.objects.update(behaviour=behaviour)

    assert post(inbox).status_code == status
    assert InboxMessage.objects.get().answered == answered


def test_only_a_few_requests_wait_so_that_pages_still_answer(inbox):
    Inbox.objects.update(behaviour="never")
    taken = [service._delayed_requests.acquire(blocking=False) for _ in range(service.MAX_DELAYED_REQUESTS)]
    try:
        assert taken == [True] * service.MAX_DELAYED_REQUESTS
        assert post(inbox).status_code == 503
    finally:
        for _ in taken:
            service._delayed_requests.release()


def test_only_the_newest_messages_are_kept(monkeypatch, inbox):
    monkeypatch.setattr(service, "MAX_MESSAGES_PER_INBOX", 3)

    for number in range(5):
        post(inbox, str(number).encode())

    assert [bytes(m.body) for m in InboxMessage.objects.order_by("id")] == [b"2", b"3", b"4"]


def test_a_huge_body_is_cut_and_said_to_be(monkeypatch, inbox):
    monkeypatch.setattr(service, "MAX_BODY_BYTES", 4)

    post(inbox, b"123456")

    assert (bytes(InboxMessage.objects.get().body), InboxMessage.objects.get().truncated) == (b"1234", True)

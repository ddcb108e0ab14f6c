"""The built-in receiver shows what came, to administrators of its account."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

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


def test_a_member_who_opens_the_address_sees_the_messages(inbox, alice, sign_in):
    answer = sign_in(alice).get(f"/inbox/{inbox.token}/")

    assert answer["Location"] == f"/inbox/{inbox.token}/messages/"
    assert not InboxMessage.objects.exists()


def test_an_administrator_opens_an_inbox_and_tells_it_how_to_answer(alice, account, sign_in):
    browser = sign_in(alice)

    page = browser.post("/inbox/", follow=True)
    inbox = Inbox.objects.get(account=account)
    browser.post(f"/inbox/{inbox.token}/behaviour/", {"behaviour": "gone"})

    inbox.refresh_from_db()
    assert f"http://testserver/inbox/{inbox.token}/" in page.content.decode()
    assert inbox.behaviour == "gone"
    assert inbox.token in browser.get("/inbox/").content.decode()


def test_an_unknown_behaviour_changes_nothing(inbox, alice, sign_in):
    sign_in(alice).post(f"/inbox/{inbox.token}/behaviour/", {"behaviour": "explode"})

    inbox.refresh_from_db()
    assert inbox.behaviour == "ok"


def test_messages_are_shown_escaped_and_laid_out(inbox, secret, alice, sign_in):
    post(inbox, **signed(secret))

    page = sign_in(alice).get(f"/inbox/{inbox.token}/messages/").content.decode()

    assert "Réseau &lt;b&gt;cyclable&lt;/b&gt;" in page
    assert "signature verified" in page
    assert "My receiver" in page


def test_what_is_no_json_is_shown_as_text(inbox, alice, sign_in):
    post(inbox, b"\xff\x00<script>")

    assert "��&lt;script&gt;" in sign_in(alice).get(f"/inbox/{inbox.token}/messages/").content.decode()


def test_a_pasted_secret_verifies_what_arrived_under_it(inbox, secret, alice, sign_in):
    secret.valid_until = timezone.now() - timedelta(seconds=1)
    secret.save()
    post(inbox, **signed(secret))

    def verdict(pasted):
        page = sign_in(alice).post(f"/inbox/{inbox.token}/messages/", {"secret": pasted})
        return page.context["rows"][0].verdict

    assert [verdict(secret.reveal()), verdict("whsec_AAAA"), verdict("not base64!")] == ["valid", "wrong", "wrong"]


def test_the_second_arrival_of_an_id_is_marked(inbox, secret, alice, sign_in):
    for _ in range(2):
        post(inbox, **signed(secret))
    post(inbox)

    page = sign_in(alice).get(f"/inbox/{inbox.token}/messages/")

    assert [row.is_repeat for row in page.context["rows"]] == [False, True, False]


def test_an_inbox_can_be_emptied(inbox, alice, sign_in):
    post(inbox)

    sign_in(alice).post(f"/inbox/{inbox.token}/empty/")

    assert not InboxMessage.objects.exists()


def test_only_administrators_of_the_account_see_an_inbox(inbox, carl, bob, sign_in):
    for url in ("messages/", "behaviour/", "empty/"):
        path = f"/inbox/{inbox.token}/{url}"
        assert [sign_in(carl).post(path).status_code, sign_in(bob).post(path).status_code] == [403, 404]
    assert sign_in(carl).get("/inbox/").status_code == 403
    assert inbox.token not in sign_in(bob).get("/inbox/").content.decode()


def test_polling_answers_the_messages_alone(inbox, alice, sign_in):
    post(inbox, json.dumps({"a": 1}).encode())

    part = sign_in(alice).get(f"/inbox/{inbox.token}/messages/", headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in part
    assert "&quot;a&quot;: 1" in part

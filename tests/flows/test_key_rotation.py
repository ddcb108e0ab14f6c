"""A portal goes on while its keys are rotated: programs call it with their keys, receivers verify its signatures."""

import json

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core.management import call_command
from django.utils.crypto import salted_hmac
from standardwebhooks import Webhook as Verifier

from accounts.models import ApiKey
from accounts.principal import WORKER
from accounts.services import api_keys
from tests.factories import DeliveryFactory, WebhookFactory
from tests.key_rings import A, B, C
from webhooks.delivery import run as run_courier
from webhooks.delivery.shutdown import ShutdownFlag

NEW = "fourth-" * 10


@pytest.fixture
def program(account, client):
    """Return a function that calls the API with a key stored under A as older versions did; it returns the status."""
    key, clear = api_keys.issue_key(account, title="Harvester", scopes=["webhooks-read"], by=WORKER)
    digest = salted_hmac("accounts.ApiKey", clear, secret=A, algorithm="sha256").hexdigest()
    ApiKey.objects.filter(pk=key.pk).update(digest=digest)
    return lambda: client.get("/api/v1/webhooks", headers={"x-apiKey": clear}).status_code


@pytest.fixture
def deliver(account, keys, receiver, settings):
    """Return a function that has an event delivered, and checks what arrives as the receiver does."""
    settings.EGRESS_ALLOW = ["127.0.0.0/8:*"]
    webhook = WebhookFactory.create(
        account=account, url=receiver.url("/in"), headers=[["Authorization", "Bearer s3cret"]]
    )
    verifier = Verifier(webhook.secrets.get().reveal())

    def deliver():
        delivery = DeliveryFactory.create(webhook=webhook)
        run_courier(linger_s=0.0, shutdown=ShutdownFlag())
        delivery.refresh_from_db()
        assert delivery.state == "delivered"
        got = receiver.requests("/in")[-1]
        assert got.header("webhook-id") == delivery.event_id.hex
        assert got.header("Authorization") == "Bearer s3cret"
        return verifier.verify(got.body, {name.lower(): value for name, value in got.headers}) == json.loads(got.body)

    return deliver


def test_a_new_secret_key_with_the_old_one_as_fallback_and_then_without_it(keys, program, deliver):
    assert deliver()
    keys(B, A)
    assert deliver()
    assert program() == 200
    call_command("rotate_keys")
    assert deliver()
    keys(B)
    assert deliver()
    assert program() == 200


def test_to_field_keys_from_one_of_them_to_another_and_then_a_new_secret_key(keys, program, deliver):
    keys(A, field_keys=[C])
    assert deliver()
    call_command("rotate_keys")
    keys(A, field_keys=[C, NEW])
    assert deliver()
    keys(A, field_keys=[NEW, C])
    assert deliver()
    call_command("rotate_keys")
    keys(A, field_keys=[NEW])
    assert deliver()
    assert program() == 200
    keys(B, field_keys=[NEW])
    assert deliver()
    assert program() == 200


def test_a_session_and_a_link_in_an_e_mail_outlive_a_new_secret_key(keys, alice, sign_in):
    browser = sign_in(alice)
    token = default_token_generator.make_token(alice)
    keys(B, A)

    assert browser.get("/datasets/").status_code == 200
    assert default_token_generator.check_token(alice, token)
    keys(B)
    assert browser.get("/datasets/").status_code == 200, "it was signed again when it was used"


def test_a_program_that_did_not_call_while_its_key_was_known_is_refused(keys, program):
    keys(B)
    assert program() == 401
    keys(B, A)
    assert program() == 200

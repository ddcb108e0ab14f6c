"""The body of a request is prepared again without its secrets, and nothing is sent."""

import json

import pytest

from tests.factories import DeliveryFactory, EventFactory, WebhookFactory
from webhooks.delivery.preview import request_body

TOKEN = "0123456789abcdef0123456789abcdef"


def test_the_body_is_the_one_that_would_be_sent_now(account, receiver):
    webhook = WebhookFactory.create(account=account, url=receiver.url("/in"))
    event = EventFactory.create(account=account, resource_title="Roads")

    body = json.loads(request_body(DeliveryFactory.create(webhook=webhook, event=event)))

    assert (body["event"], "Roads" in body["text"]) == ("finalize-end", True)
    assert receiver.requests() == []


def test_secret_settings_are_masked(account):
    settings = {"tracker_base": "https://matomo.example/", "site_id": 1, "token_auth": TOKEN}
    webhook = WebhookFactory.create(account=account, target_kind="matomo", settings=settings)

    body = request_body(DeliveryFactory.create(webhook=webhook))

    assert ("•••" in body, TOKEN in body) == (True, False)


@pytest.mark.parametrize("unusable", [{"target_kind": "pigeon"}, {"sealed": "not ours"}])
def test_a_request_that_cannot_be_prepared_has_no_body(account, unusable):
    webhook = WebhookFactory.create(account=account)
    for field, value in unusable.items():
        setattr(webhook, field, value)

    assert request_body(DeliveryFactory.create(webhook=webhook)) == ""


def test_an_event_of_an_unknown_type_has_no_body(account):
    webhook = WebhookFactory.create(account=account)

    assert request_body(DeliveryFactory.create(webhook=webhook, event__type="forgotten.type")) == ""

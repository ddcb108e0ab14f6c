"""How much a courier may hold at once, and who is never left out of it."""

import time

import pytest

from tests.factories import DeliveryFactory, WebhookFactory
from tests.receiver import Answer, Receiver
from webhooks.delivery import fetcher
from webhooks.models import Delivery

TIMEOUT_S = 8.0


def test_a_courier_full_of_what_a_busy_host_is_to_get_still_serves_another_host(
    account, receiver, run, settings, monkeypatch
):
    monkeypatch.setattr(fetcher, "MAX_HELD", 40)
    settings.WEBHOOK_TIMEOUT_S = TIMEOUT_S
    receiver.answer(Answer(delay_s=60))
    for _ in range(40):
        DeliveryFactory.create_batch(2, webhook=WebhookFactory(account=account, url=receiver.url("/busy")))
    with Receiver(host="127.0.0.2") as other:
        other.answer(lambda _request: receiver.release() or 200)
        DeliveryFactory(webhook=WebhookFactory(account=account, url=other.url("/healthy")))

        began_at = time.monotonic()
        run()

        (got,) = other.requests()
    assert got.at_s - began_at < TIMEOUT_S


@pytest.mark.parametrize("webhooks", [10])
def test_a_run_does_not_end_while_something_is_due(account, receiver, run, monkeypatch, webhooks):
    monkeypatch.setattr(fetcher, "MAX_HELD", 16)
    for _ in range(webhooks):
        DeliveryFactory.create_batch(10, webhook=WebhookFactory(account=account, url=receiver.url("/in")))

    run()

    assert Delivery.objects.filter(state="delivered").count() == webhooks * 10

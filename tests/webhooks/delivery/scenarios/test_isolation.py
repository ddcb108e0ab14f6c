"""A webhook that misbehaves, or has much to get, never holds up another."""

import threading
import time
from dataclasses import replace

import pytest

from tests.factories import AccountFactory, DeliveryFactory, WebhookFactory
from tests.name_server import silent
from tests.receiver import Answer, Receiver, drip, endless, hang
from webhooks.delivery.queue import MAX_IN_FLIGHT_PER_HOST
from webhooks.models import Delivery

TIMEOUT_S = 60.0
HEALTHY, EACH = 9, 20

BAD = {
    "hangs": lambda receiver: receiver.answering(hang()),
    "drips its head": lambda receiver: receiver.answering(replace(drip(head=True), end="close")),
    "drips its body": lambda receiver: receiver.answering(replace(drip(), end="close")),
    "sends a body without end": lambda receiver: receiver.answering(endless(b"x" * 10)),
    "asks for a pause": lambda receiver: receiver.answering(Answer(status=429, headers=(("Retry-After", "60"),))),
    "has a name that no server answers for": lambda receiver: f"http://silent.example:{receiver.port}/",
}


class Healthy:
    """Receive what healthy webhooks get; when all of it is there, let go what hangs, so that the run ends."""

    def __init__(self, receiver: Receiver, *, expected: int) -> None:
        self._receiver, self._missing = receiver, expected
        self._lock = threading.Lock()
        self.all_there = threading.Event()

    def __call__(self, _request: object) -> int:
        with self._lock:
            self._missing -= 1
            if not self._missing:
                self.all_there.set()
                self._receiver.release()
        return 200


@pytest.mark.parametrize("misbehaviour", BAD)
def test_nine_healthy_webhooks_are_served_before_the_deadline_of_one_that_misbehaves(
    account, receiver, run, settings, name_server, misbehaviour
):
    settings.WEBHOOK_TIMEOUT_S = TIMEOUT_S
    healthy = Healthy(receiver, expected=HEALTHY * EACH)
    name_server.say("silent.example", silent)
    bad = WebhookFactory.create(account=account, url=BAD[misbehaviour](receiver))
    DeliveryFactory.create_batch(EACH, webhook=bad)
    for n in range(HEALTHY):
        receiver.answer(healthy, path=f"/healthy/{n}")
        DeliveryFactory.create_batch(
            EACH, webhook=WebhookFactory.create(account=account, url=receiver.url(f"/healthy/{n}"))
        )

    began_at = time.monotonic()
    run()

    arrivals = [got.at_s for got in receiver.requests() if got.path.startswith("/healthy/")]
    assert len(arrivals) == HEALTHY * EACH
    assert max(arrivals) - began_at < TIMEOUT_S
    assert Delivery.objects.exclude(webhook=bad).filter(state="delivered", attempt_count=1).count() == HEALTHY * EACH


def test_a_host_of_which_every_webhook_hangs_holds_up_no_other_host(account, receiver, run, settings):
    settings.WEBHOOK_TIMEOUT_S = TIMEOUT_S
    receiver.answer(hang())
    for _ in range(MAX_IN_FLIGHT_PER_HOST):
        DeliveryFactory.create_batch(2, webhook=WebhookFactory.create(account=account, url=receiver.url("/hanging")))
    with Receiver(host="127.0.0.2") as other:
        other.answer(Healthy(receiver, expected=EACH))
        DeliveryFactory.create_batch(EACH, webhook=WebhookFactory.create(account=account, url=other.url("/healthy")))

        began_at = time.monotonic()
        run()

        arrivals = [got.at_s for got in other.requests()]
    assert len(arrivals) == EACH
    assert max(arrivals) - began_at < TIMEOUT_S


@pytest.mark.parametrize("webhooks", [1, 60])
def test_an_account_with_much_to_send_does_not_hold_up_another(account, receiver, run, webhooks):
    receiver.answer(Answer(delay_s=0.005))
    for _ in range(webhooks):
        crowd = WebhookFactory.create(account=account, url=receiver.url("/crowd"))
        DeliveryFactory.create_batch(300 // webhooks, webhook=crowd)
    DeliveryFactory.create(webhook=WebhookFactory.create(account=AccountFactory.create(), url=receiver.url("/alone")))

    run()

    paths = [got.path for got in receiver.requests()]
    assert len(paths) == 301
    assert paths.index("/alone") < MAX_IN_FLIGHT_PER_HOST

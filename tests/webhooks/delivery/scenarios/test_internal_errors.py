"""A mistake on our side, in a target or in the logging, costs its own delivery an attempt and the others nothing."""

import logging
from collections import Counter
from contextlib import suppress

import pytest
from django.utils import timezone

from tests.factories import DeliveryFactory, WebhookFactory
from tests.webhooks.delivery.conftest import outcome
from webhooks import targets
from webhooks.models import Delivery
from webhooks.targets.http import Http


class Faulty(Http):
    """A target with a mistake in the method of this name."""

    kind = data_fair_type = "faulty"

    def __init__(self, method):
        setattr(self, method, self.fail)

    def fail(self, *_arguments, **_named):
        raise ZeroDivisionError("a mistake in a target")


class FullDisk(logging.Handler):
    """A handler of logs that cannot write them."""

    def emit(self, record):
        raise OSError("No space left on device")


@pytest.fixture
def full_disk():
    """Let nothing that the app logs, from DEBUG on, be written."""
    logger, handler = logging.getLogger("webhooks"), FullDisk()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.fixture
def faulty(account, receiver, monkeypatch):
    """Return a function that creates a webhook whose target raises in the method of this name."""

    def faulty(method):
        monkeypatch.setitem(targets._targets, Faulty.kind, Faulty(method))
        return WebhookFactory.create(account=account, url=receiver.url("/faulty"), target_kind=Faulty.kind)

    return faulty


@pytest.mark.parametrize("method", ["prepare", "judge", "retry_horizon_s"])
def test_a_target_that_raises_is_no_end_of_the_courier_nor_an_endless_resending(receiver, run_on, due, faulty, method):
    odd = due(webhook=faulty(method))
    others = [due(receiver.url("/other")) for _ in range(10)]

    run_on()

    assert [outcome(other) for other in others] == [("delivered", 1, "")] * 10
    state, attempts, _error = outcome(odd)
    assert (state in {"failed", "delivered"}, odd.lease_token) == (True, None)
    assert len(receiver.requests("/faulty")) == (0 if method == "prepare" else attempts) <= 3


@pytest.mark.usefixtures("full_disk")
def test_a_log_that_cannot_be_written_has_nothing_sent_again(receiver, run, due, faulty):
    webhook = due(receiver.url("/in")).webhook
    DeliveryFactory.create_batch(49, webhook=webhook)
    due(webhook=faulty("prepare"))

    for _ in range(5):
        with suppress(OSError):
            run()
        Delivery.objects.filter(lease_token__isnull=False).update(leased_until=timezone.now())  # as if time passed

    assert set(Counter(got.header("webhook-id") for got in receiver.requests("/in")).values()) == {1}
    assert webhook.deliveries.filter(state="delivered", attempt_count=1).count() == 50

"""Run a real courier against a real receiver, in the test's own thread."""

from collections.abc import Callable

import pytest

from tests.factories import DeliveryFactory, WebhookFactory
from webhooks import courier
from webhooks.courier.stop import Stopping
from webhooks.models import Attempt, Delivery


@pytest.fixture(autouse=True)
def _courier_settings(settings, db):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    settings.WEBHOOK_TIMEOUT_S = 0.5


@pytest.fixture
def stop() -> Stopping:
    return Stopping()


@pytest.fixture
def run(stop) -> Callable[[], courier.Report]:
    """Deliver all that is due and come back."""
    return lambda: courier.run(linger_s=0.0, stop=stop)


@pytest.fixture
def due(account) -> Callable[..., Delivery]:
    """Give a delivery that is due, to a webhook on `url` (or to `webhook`)."""

    def due(url: str = "", **fields: object) -> Delivery:
        webhook = fields.pop("webhook", None) or WebhookFactory(account=account, url=url)
        return DeliveryFactory(webhook=webhook, **fields)

    return due


def outcome(delivery: Delivery) -> tuple[str, int, str]:
    """Give what became of a delivery: state, number of attempts, error of the last one."""
    delivery.refresh_from_db()
    return delivery.state, delivery.attempt_count, delivery.error


def attempt_of(delivery: Delivery) -> Attempt:
    return Attempt.objects.filter(delivery=delivery).latest("id")

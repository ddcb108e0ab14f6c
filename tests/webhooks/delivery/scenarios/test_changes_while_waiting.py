"""What a courier holds and has not sent yet, because the destination host is busy, follows what people decide."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import pytest
from django.db import connection

from tests.factories import DeliveryFactory, WebhookFactory
from tests.receiver import Answer
from tests.webhooks.delivery.conftest import outcome, wait_for_a_fetch
from webhooks.delivery.queue import INITIAL_SLOTS, MAX_IN_FLIGHT_PER_HOST
from webhooks.models import Delivery
from webhooks.subscriptions import services
from webhooks.subscriptions.spec import WebhookSpec

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def while_one_waits(account, receiver, run):
    """Return a function that acts on the webhook of a delivery held unsent by a courier, and returns the delivery."""
    receiver.answer(Answer(delay_s=600))
    for _ in range(MAX_IN_FLIGHT_PER_HOST // INITIAL_SLOTS + 1):
        webhook = WebhookFactory.create(account=account, url=receiver.url("/old"))
        DeliveryFactory.create_batch(INITIAL_SLOTS, webhook=webhook)

    def while_one_waits(act) -> Delivery:
        held = []

        def meddle() -> None:
            sent = [UUID(got.header("webhook-id")) for got in receiver.wait_for(MAX_IN_FLIGHT_PER_HOST)]
            held.append(Delivery.objects.filter(lease_token__isnull=False).exclude(event__in=sent).earliest("pk"))
            act(held[0].webhook)
            wait_for_a_fetch()
            receiver.release()
            connection.close()

        with ThreadPoolExecutor(1) as pool:
            meddling = pool.submit(meddle)
            run()
            meddling.result()
        return held[0]

    return while_one_waits


def test_what_waits_its_turn_goes_to_the_new_address_after_an_edit(receiver, by, while_one_waits):
    def edit(webhook) -> None:
        spec = WebhookSpec.of(webhook)
        spec = replace(spec, settings={**spec.settings, "url": receiver.url("/new")})
        services.edit_webhook(webhook, spec=spec, by=by)

    delivery = while_one_waits(edit)

    assert [got.header("webhook-id") for got in receiver.requests("/new")] == [delivery.event_id.hex]
    assert outcome(delivery) == ("delivered", 1, "")


@pytest.mark.parametrize(
    ("act", "state"), [(services.disable_webhook, "skipped"), (services.delete_webhook, "cancelled")]
)
def test_what_waits_its_turn_is_not_sent_to_a_webhook_switched_off(receiver, by, while_one_waits, act, state):
    delivery = while_one_waits(lambda webhook: act(webhook, by=by))

    assert delivery.event_id.hex not in [got.header("webhook-id") for got in receiver.requests()]
    assert outcome(delivery) == (state, 0, "")

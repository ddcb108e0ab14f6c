"""Writing results: every attempt is kept, and a delivery follows the courier that holds its lease."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.factories import DeliveryFactory, WebhookFactory
from tests.webhooks.delivery.conftest import NOW, make_result, outcome
from webhooks.delivery.settle import settle
from webhooks.models import Attempt, Delivery

TOKEN = uuid4()


def held(**fields: object) -> Delivery:
    """Create a delivery that `TOKEN` holds."""
    return DeliveryFactory(lease_token=TOKEN, leased_until=timezone.now() + timedelta(minutes=1), **fields)


def stored(delivery: Delivery) -> list[tuple[object, ...]]:
    """Return what is kept of the attempts."""
    return list(delivery.attempts.values_list("status_code", "reason", "response_body", "truncated"))


@pytest.mark.django_db
def test_nothing_is_written_for_nothing():
    assert settle([], token=TOKEN, now=NOW) == 0


@pytest.mark.django_db
def test_a_delivery_that_succeeded_is_settled_with_its_attempt():
    delivery = held(trigger="manual")
    result = make_result(delivery.pk, trigger="manual")

    assert settle([result], token=TOKEN, now=NOW) == 1

    assert outcome(delivery) == ("delivered", 1, "")
    assert (delivery.next_attempt_at, delivery.settled_at, delivery.status_code) == (None, NOW, 200)
    assert (delivery.lease_token, delivery.leased_until, delivery.trigger) == (None, None, "manual")
    attempt = delivery.attempts.get()
    assert (attempt.pk, attempt.trigger, attempt.started_at, attempt.duration_ms) == (
        result.attempt_id,
        "manual",
        NOW,
        12,
    )
    assert (attempt.url, attempt.request_headers) == ("http://127.0.0.1/", [["Content-Type", "application/json"]])
    assert (attempt.response_headers, attempt.response_body) == ([["Content-Type", "text/plain"]], "ok")


@pytest.mark.django_db
def test_a_delivery_to_retry_is_free_again_and_its_next_attempt_is_automatic():
    delivery = held(trigger="manual", attempt_count=3, failures=1)
    again_at = NOW + timedelta(minutes=5)
    result = make_result(
        delivery.pk, state="pending", failures=2, next_attempt_at=again_at, status_code=503, error="status"
    )

    assert settle([result], token=TOKEN, now=NOW) == 1

    assert outcome(delivery) == ("pending", 4, "status")
    assert (delivery.failures, delivery.next_attempt_at, delivery.settled_at) == (2, again_at, None)
    assert (delivery.lease_token, delivery.leased_until, delivery.trigger) == (None, None, "automatic")


@pytest.mark.django_db
@pytest.mark.parametrize("lease", [{}, {"leased": True}], ids=["ended", "another courier's"])
def test_a_courier_that_lost_its_lease_only_leaves_its_attempt(lease):
    lost, kept = DeliveryFactory(**lease), held()

    assert settle([make_result(lost.pk), make_result(kept.pk)], token=TOKEN, now=NOW) == 1

    assert [outcome(lost), outcome(kept)] == [("pending", 0, ""), ("delivered", 1, "")]
    assert (lost.lease_token is None) == (lease == {})
    assert lost.attempts.count() == kept.attempts.count() == 1


@pytest.mark.django_db
def test_a_delivery_that_was_purged_leaves_nothing():
    purged, other = held(), held()
    Delivery.objects.filter(pk=purged.pk).delete()

    assert settle([make_result(purged.pk), make_result(other.pk)], token=TOKEN, now=NOW) == 1

    assert list(Attempt.objects.values_list("delivery", flat=True)) == [other.pk]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("odd", "kept"),
    [
        ({"reason": "\ud800"}, [(200, "", "", True)]),  # no UTF-8 has it
        ({"response_body": "\ud800"}, [(200, "", "", True)]),
        ({"duration_ms": -1}, []),
    ],
    ids=["a reason", "a body", "the attempt itself"],
)
def test_what_cannot_be_stored_of_an_attempt_neither_keeps_its_delivery_from_being_settled_nor_others(odd, kept):
    webhook = WebhookFactory()
    delivery, other = held(webhook=webhook), held(webhook=webhook)
    batch = [make_result(delivery.pk, **odd), make_result(other.pk)]

    assert settle(batch, token=TOKEN, now=NOW) == 2

    assert [outcome(each) for each in (delivery, other)] == [("delivered", 1, "")] * 2
    assert stored(delivery) == kept
    assert stored(other) == [(200, "", "ok", False)]

"""Writing results: each attempt is kept, a delivery follows the courier that holds its lease, nothing is lost."""

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from tests.factories import DeliveryFactory, WebhookFactory
from tests.polling import eventually
from tests.webhooks.delivery.conftest import NOW, make_result, outcome
from webhooks.delivery.health import AttemptReport
from webhooks.delivery.settle import MAX_BATCH, MAX_WAIT_S, ResultBuffer, settle
from webhooks.models import Attempt, Delivery
from webhooks.targets import Verdict

TOKEN = uuid4()


def held(**fields: object) -> Delivery:
    """Create a delivery that the courier of `TOKEN` holds."""
    return DeliveryFactory.create(lease_token=TOKEN, leased_until=timezone.now() + timedelta(minutes=1), **fields)


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
    lost, kept = DeliveryFactory.create(**lease), held()

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
    webhook = WebhookFactory.create()
    delivery, other = held(webhook=webhook), held(webhook=webhook)
    batch = [make_result(delivery.pk, **odd), make_result(other.pk)]

    assert settle(batch, token=TOKEN, now=NOW) == 2

    assert [outcome(each) for each in (delivery, other)] == [("delivered", 1, "")] * 2
    assert stored(delivery) == kept
    assert stored(other) == [(200, "", "ok", False)]


def test_an_empty_buffer_is_never_due():
    assert not ResultBuffer(TOKEN).is_due(is_last=True)


def test_a_result_waits_for_others_but_not_long():
    buffer = ResultBuffer(TOKEN)
    buffer.add(make_result(1))
    began_s = time.monotonic()

    eventually(lambda: buffer.is_due(is_last=False), within_s=5)

    assert time.monotonic() - began_s >= MAX_WAIT_S


def test_the_last_result_a_full_batch_and_what_is_to_be_released_do_not_wait():
    last, full, unsent = ResultBuffer(TOKEN), ResultBuffer(TOKEN), ResultBuffer(TOKEN)
    last.add(make_result(1))
    for n in range(MAX_BATCH):
        full.add(make_result(n))
    unsent.release([1])

    assert [last.is_due(is_last=True), full.is_due(is_last=False), unsent.is_due(is_last=False)] == [True] * 3
    assert [bool(last), bool(full), bool(unsent)] == [True, True, False]


@pytest.mark.django_db
def test_a_flush_settles_releases_and_updates_the_health_of_webhooks():
    buffer = ResultBuffer(TOKEN)
    webhook = WebhookFactory.create()
    done, unsent = held(webhook=webhook), held(webhook=webhook)
    buffer.add(make_result(done.pk, state="failed", status_code=503, error="status"))
    buffer.report(webhook.pk, AttemptReport(Verdict.RETRY))
    buffer.release([unsent.pk])
    assert buffer.delivery_ids() == {done.pk, unsent.pk}

    assert buffer.flush(now=timezone.now())

    webhook.refresh_from_db()
    assert [outcome(done), outcome(unsent)] == [("failed", 1, "status"), ("pending", 0, "")]
    assert (unsent.lease_token, webhook.failed_attempts) == (None, 1)
    assert (buffer.settled, buffer.released, buffer.delivery_ids()) == (1, 1, set())
    assert not buffer.flush(now=timezone.now())
    webhook.refresh_from_db()
    assert (buffer.settled, webhook.failed_attempts) == (1, 1)


@pytest.mark.django_db
def test_what_was_released_is_skipped_when_its_webhook_is_disabled_by_the_same_flush():
    buffer = ResultBuffer(TOKEN)
    webhook = WebhookFactory.create()
    gone, unsent = held(webhook=webhook), held(webhook=webhook)
    buffer.add(make_result(gone.pk, state="failed", status_code=410, error="status"))
    buffer.report(webhook.pk, AttemptReport(Verdict.GONE, exhausted=True))
    buffer.release([unsent.pk])

    buffer.flush(now=timezone.now())

    assert (outcome(gone)[0], outcome(unsent)[0]) == ("failed", "skipped")


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_what_a_database_that_is_away_did_not_take_is_written_when_it_is_back():
    buffer = ResultBuffer(TOKEN)
    done, unsent = held(), held()
    buffer.add(make_result(done.pk))
    buffer.release([unsent.pk])
    with connection.cursor() as cursor, pytest.raises(OperationalError):
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(OperationalError):
        buffer.flush(now=timezone.now())
    assert buffer.delivery_ids() == {done.pk, unsent.pk}
    connection.close()
    buffer.flush(now=timezone.now())

    assert [outcome(done), outcome(unsent)] == [("delivered", 1, ""), ("pending", 0, "")]
    assert (buffer.settled, buffer.released) == (1, 1)
    assert done.attempts.count() == 1

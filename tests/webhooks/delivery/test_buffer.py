"""The result buffer: when it is written, and that nothing in it is lost with the database."""

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from tests.factories import DeliveryFactory, WebhookFactory
from tests.polling import eventually
from tests.webhooks.delivery.conftest import make_result, outcome
from webhooks.delivery.buffer import MAX_BATCH, MAX_WAIT_S, ResultBuffer
from webhooks.delivery.health import AttemptReport
from webhooks.models import Delivery
from webhooks.targets import Verdict


def held_by(token, **fields: object) -> Delivery:
    return DeliveryFactory(lease_token=token, leased_until=timezone.now() + timedelta(minutes=1), **fields)


def test_an_empty_buffer_is_never_due():
    assert not ResultBuffer(uuid4()).is_due(is_last=True)


def test_a_result_waits_for_others_but_not_long():
    buffer = ResultBuffer(uuid4())
    buffer.add(make_result(1))
    began_s = time.monotonic()

    eventually(lambda: buffer.is_due(is_last=False), within_s=5)

    assert time.monotonic() - began_s >= MAX_WAIT_S


def test_the_last_result_a_full_batch_and_what_is_to_be_released_do_not_wait():
    last, full, unsent = ResultBuffer(uuid4()), ResultBuffer(uuid4()), ResultBuffer(uuid4())
    last.add(make_result(1))
    for n in range(MAX_BATCH):
        full.add(make_result(n))
    unsent.release([1])

    assert [last.is_due(is_last=True), full.is_due(is_last=False), unsent.is_due(is_last=False)] == [True] * 3
    assert [bool(last), bool(full), bool(unsent)] == [True, True, False]


@pytest.mark.django_db
def test_a_flush_settles_releases_and_updates_the_health_of_webhooks():
    token = uuid4()
    buffer = ResultBuffer(token)
    webhook = WebhookFactory()
    done, unsent = held_by(token, webhook=webhook), held_by(token, webhook=webhook)
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
    token = uuid4()
    buffer = ResultBuffer(token)
    webhook = WebhookFactory()
    gone, unsent = held_by(token, webhook=webhook), held_by(token, webhook=webhook)
    buffer.add(make_result(gone.pk, state="failed", status_code=410, error="status"))
    buffer.report(webhook.pk, AttemptReport(Verdict.GONE, exhausted=True))
    buffer.release([unsent.pk])

    buffer.flush(now=timezone.now())

    assert (outcome(gone)[0], outcome(unsent)[0]) == ("failed", "skipped")


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_what_a_database_that_is_away_did_not_take_is_written_when_it_is_back():
    token = uuid4()
    buffer = ResultBuffer(token)
    done, unsent = held_by(token), held_by(token)
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

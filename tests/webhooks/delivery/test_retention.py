"""Retention: what is old goes, in batches; what is young stays."""

import itertools
import time
import uuid
from datetime import UTC, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import AttemptFactory, DeliveryFactory, EventFactory, WebhookFactory
from webhooks.delivery import retention
from webhooks.models import Attempt, Delivery, Event, Webhook
from webhooks.models.event import first_id_at, new_id


def id_of(days: float) -> uuid.UUID:
    """Return the id of something that happened so many days ago."""
    return uuid.UUID(int=first_id_at(timezone.now() - timedelta(days=days)).int + 1)


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda moment: 2000 <= moment.year <= 2100))
def test_the_first_id_of_a_moment_is_a_uuid7_not_above_any_id_made_then(moment):
    first = first_id_at(moment)

    assert (first.version, first.variant) == (7, uuid.RFC_4122)


def test_an_id_made_now_lies_between_the_first_ids_of_just_before_and_just_after():
    now = timezone.now()

    assert first_id_at(now - timedelta(seconds=1)) < new_id() < first_id_at(now + timedelta(seconds=1))


@pytest.mark.django_db
def test_bodies_are_emptied_after_thirty_days_and_attempts_stay():
    old, young = AttemptFactory.create(pk=id_of(31)), AttemptFactory.create(pk=id_of(29))

    assert retention.purge().bodies == 1

    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.response_body, old.request_headers, old.status_code) == ("", [], 200)
    assert young.response_body == "ok"


@pytest.mark.django_db
def test_events_go_after_their_retention_with_all_that_hangs_on_them(settings):
    settings.EVENT_RETENTION_DAYS = 100
    old = EventFactory.create(pk=id_of(101))
    AttemptFactory.create(
        delivery=DeliveryFactory.create(
            event=old, webhook=WebhookFactory.create(account=old.account), state="delivered"
        )
    )
    young = EventFactory.create(account=old.account)

    assert retention.purge().events == 1

    assert list(Event.objects.values_list("pk", flat=True)) == [young.pk]
    assert (Delivery.objects.count(), Attempt.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_an_attempt_written_while_its_delivery_was_deleted_goes_after_the_retention(settings):
    settings.EVENT_RETENTION_DAYS = 100
    gone = DeliveryFactory.create(state="delivered")
    strays = [AttemptFactory.create(pk=id_of(101), delivery=gone), AttemptFactory.create(pk=id_of(99), delivery=gone)]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM webhooks_delivery")

    assert retention.purge().strays == 1

    assert list(Attempt.objects.values_list("pk", flat=True)) == [strays[1].pk]


@pytest.mark.django_db
def test_the_newest_event_stays_so_that_the_sequence_counts_on(settings):
    settings.EVENT_RETENTION_DAYS = 100
    last = EventFactory.create(pk=id_of(200))

    retention.purge()

    assert EventFactory.create().sequence > last.sequence


@pytest.mark.django_db
def test_a_deleted_webhook_goes_with_its_history_and_not_while_a_courier_holds_some():
    webhook = WebhookFactory.create(deleted_at=timezone.now())
    AttemptFactory.create(delivery=DeliveryFactory.create(webhook=webhook, state="delivered"))
    held = DeliveryFactory.create(webhook=webhook, leased=True)

    retention.purge()
    assert list(Delivery.objects.all()) == [held]

    Delivery.objects.update(lease_token=None, leased_until=None)
    retention.purge()
    assert not Webhook.objects.exists()


@pytest.mark.django_db
def test_a_deleted_webhook_of_which_a_courier_holds_something_does_not_keep_those_after_it():
    held = DeliveryFactory.create(webhook=WebhookFactory.create(deleted_at=timezone.now()), leased=True)
    AttemptFactory.create(delivery=DeliveryFactory.create(webhook=held.webhook, state="delivered"))
    for _ in range(2):
        DeliveryFactory.create_batch(3, webhook=WebhookFactory.create(deleted_at=timezone.now()), state="delivered")
    kept = WebhookFactory.create()

    assert retention.purge().webhooks == 2

    assert list(Webhook.objects.order_by("pk")) == [held.webhook, kept]
    assert list(Delivery.objects.all()) == [held]


@pytest.mark.django_db
def test_what_a_killed_courier_held_of_a_deleted_webhook_goes_once_its_lease_has_ended():
    lease = {"lease_token": uuid.uuid4(), "leased_until": timezone.now() - timedelta(seconds=1)}
    DeliveryFactory.create(webhook=WebhookFactory.create(deleted_at=timezone.now()), **lease)

    assert retention.purge().webhooks == 1

    assert not Delivery.objects.exists()


def make_old_events() -> None:
    newest = EventFactory.create()
    for n in range(5):
        EventFactory.create(pk=id_of(500 + n), account=newest.account)


def make_a_deleted_webhook() -> None:
    DeliveryFactory.create_batch(5, webhook=WebhookFactory.create(deleted_at=timezone.now()), state="delivered")


def make_strays() -> None:
    gone = DeliveryFactory.create(state="delivered")
    for n in range(5):
        AttemptFactory.create(pk=id_of(500 + n), delivery=gone)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM webhooks_delivery")


def make_old_bodies() -> None:
    delivery = DeliveryFactory.create(state="delivered")
    for n in range(5):
        AttemptFactory.create(pk=id_of(31 + n), delivery=delivery)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make", "looks_at_the_clock", "left"),
    [
        (make_old_events, 2, lambda: Event.objects.filter(pk__lt=id_of(499)).count()),
        (make_a_deleted_webhook, 3, Delivery.objects.count),
        (make_strays, 4, Attempt.objects.count),
        (make_old_bodies, 5, lambda: Attempt.objects.exclude(response_body="").count()),
    ],
)
def test_a_purge_does_no_more_than_one_batch_between_two_looks_at_the_clock(
    monkeypatch, make, looks_at_the_clock, left
):
    """Its time is up at the look after the first batch."""
    make()
    monkeypatch.setattr(retention, "BATCH", 2)
    clock = itertools.chain(itertools.repeat(0.0, looks_at_the_clock), itertools.repeat(1e9))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))

    retention.purge()

    monkeypatch.undo()
    assert left() == 3


@pytest.mark.django_db
def test_a_history_of_several_batches_goes_in_one_purge_if_there_is_time(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    webhook = WebhookFactory.create(deleted_at=timezone.now())
    DeliveryFactory.create_batch(5, webhook=webhook, state="delivered")

    assert retention.purge(budget_s=0).webhooks == 0
    assert webhook.deliveries.count() == 5
    assert retention.purge().webhooks == 1

    assert (Webhook.objects.count(), Delivery.objects.count()) == (0, 0)

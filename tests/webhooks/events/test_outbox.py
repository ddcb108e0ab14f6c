"""Recording an event: one row in the caller's own transaction, whatever will be made of it."""

from contextlib import nullcontext

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.factories import AccountFactory, WebhookFactory
from webhooks import wakeup
from webhooks.events import outbox, registry
from webhooks.events.outbox import DataTooLarge, OutsideTransaction, Resource
from webhooks.events.registry import EventType
from webhooks.models import Delivery, Event

CITIES = Resource(type="dataset", id="cities", title="Cities", page_path="/dataset/cities", api_path="/api/cities")


def record(account, *, resource=CITIES, **changes):
    kind = registry.get("dataset.finalized")
    return outbox.record(kind.key, account=account, resource=resource, **{"data": kind.sample, **changes})


@pytest.mark.parametrize("webhooks", [0, 1, 50])
def test_an_event_costs_its_caller_one_insert_whatever_the_number_of_webhooks(account, webhooks):
    WebhookFactory.create_batch(webhooks, account=account)

    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        record(account)

    (query,) = asked.captured_queries
    assert query["sql"].startswith('INSERT INTO "webhooks_event"')
    assert Delivery.objects.count() == 0


def test_the_courier_is_woken_once_the_transaction_commits(account, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        record(account)

    assert callbacks == [wakeup.ring]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_recorded_outside_a_transaction():
    account = AccountFactory()

    with pytest.raises(OutsideTransaction):
        record(account)
    assert not Event.objects.exists()


@pytest.mark.parametrize(("letters", "outcome"), [(10_000, nullcontext()), (11_000, pytest.raises(DataTooLarge))])
def test_data_over_64_kib_as_json_are_an_error_of_the_caller(account, letters, outcome):
    kind = EventType("dataset.described", "dataset-described", "", "", "", schema={}, sample={})

    with registry.registered(kind), outcome:
        outbox.record(kind.key, account=account, resource=CITIES, data={"six bytes": "é" * letters})

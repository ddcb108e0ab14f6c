"""Recording an event: one row in the caller's own transaction, whatever will be made of it."""

import json

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.factories import AccountFactory, WebhookFactory
from webhooks import wakeup
from webhooks.events import outbox, registry
from webhooks.events.outbox import MAX_DATA_BYTES, DataTooLarge, OutsideTransaction, Resource
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
    account = AccountFactory.create()

    with pytest.raises(OutsideTransaction):
        record(account)
    assert not Event.objects.exists()


DESCRIBED = EventType("dataset.described", "dataset-described", "", "", "", schema={}, sample={})
OVERHEAD_BYTES = len('{"text":""}')


@pytest.fixture
def described(account):
    """Record an event whose data has no schema and is this text, or this JSON."""

    def described(data):
        data = data if isinstance(data, dict) else {"text": data}
        with registry.registered(DESCRIBED):
            event = outbox.record(DESCRIBED.key, account=account, resource=CITIES, data=data)
        return Event.objects.get(pk=event.pk)

    return described


@pytest.mark.parametrize(
    "text",
    [
        "x" * (MAX_DATA_BYTES - OVERHEAD_BYTES),
        "x" + "é" * ((MAX_DATA_BYTES - OVERHEAD_BYTES) // 2),
        "xy" + "漢" * ((MAX_DATA_BYTES - OVERHEAD_BYTES) // 3),
        "x" + "😀" * ((MAX_DATA_BYTES - OVERHEAD_BYTES) // 4),
    ],
    ids=["ascii", "two bytes", "three bytes", "four bytes"],
)
def test_data_may_have_64_kib_as_they_are_sent_whatever_their_letters_and_not_a_byte_more(described, text):
    assert len(text.encode()) + OVERHEAD_BYTES in {MAX_DATA_BYTES, MAX_DATA_BYTES - 1, MAX_DATA_BYTES - 2}
    most = text + "x" * (MAX_DATA_BYTES - OVERHEAD_BYTES - len(text.encode()))

    assert described(most).data == {"text": most}
    with pytest.raises(DataTooLarge, match=f"^{MAX_DATA_BYTES + 1} bytes"):
        described(most + "x")


def test_blanks_that_are_not_sent_do_not_count(described):
    data = {str(number): number for number in range(5_000)}
    assert len(json.dumps(data)) > MAX_DATA_BYTES > len(json.dumps(data, separators=(",", ":")))

    assert described(data).data == data


def test_what_a_database_cannot_store_is_replaced_in_texts_and_names(described):
    data = {"a\0": ["b\0c", {"d": "\ud800 é"}], "e": "\\u0000", "f": 1.5, "g": None}

    assert described(data).data == {
        "a\ufffd": ["b\ufffdc", {"d": "? é"}],
        "e": "\\u0000",
        "f": 1.5,
        "g": None,
    }


@pytest.mark.parametrize("odd", ["\0", "\ud800"])
def test_data_are_measured_as_they_are_stored(described, odd):
    replaced = "\ufffd" if odd == "\0" else "?"
    text = odd + "x" * (MAX_DATA_BYTES - OVERHEAD_BYTES - len(replaced.encode()))

    assert described(text).data["text"][0] == replaced
    with pytest.raises(DataTooLarge):
        described(text + "x")


def test_what_json_cannot_express_is_an_error(described):
    with pytest.raises(ValueError, match="JSON compliant"):
        described({"number": float("nan")})

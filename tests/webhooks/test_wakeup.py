"""Waking couriers: one message for many commits, none while somebody listens, and no harm when the broker is away."""

from collections.abc import Iterator

import pytest
from celery import current_app
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError

from accounts import broker
from accounts.models import Account
from tests.factories import WebhookFactory
from webhooks import tasks, wakeup
from webhooks.events import outbox, registry
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)

Sent = list[dict[str, object]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """Collect what would go to the broker."""
    messages: Sent = []
    monkeypatch.setattr(current_app, "send_task", lambda _task, *, kwargs, **_options: messages.append(kwargs))
    monkeypatch.setattr(broker, "_muted_until", 0.0)
    yield messages
    wakeup.stop_listening()


def record(account: Account) -> None:
    resource = outbox.Resource("dataset", "trees", "Trees", "/dataset/trees", "/api/v1/datasets/trees")
    sample = registry.get("dataset.finalized").sample
    with transaction.atomic():
        outbox.record("dataset.finalized", account=account, resource=resource, data=sample)


def test_many_commits_send_one_message(account, sent):
    for _ in range(3):
        record(account)

    assert sent == [{"helping": False}]


def test_once_the_bell_is_heard_the_next_commit_rings_it_again(account, sent):
    record(account)
    assert wakeup.listen()
    assert not wakeup.listen()
    wakeup.stop_listening()

    record(account)

    assert len(sent) == 2


def test_no_message_is_sent_while_a_courier_listens(account, sent):
    wakeup.listen()

    record(account)

    assert (sent, wakeup.listen()) == ([], True)


def test_a_commit_succeeds_without_a_broker_and_does_not_wait_for_it_again(account, monkeypatch):
    calls = []

    def down(*_words: object, **_options: object) -> None:
        calls.append(1)
        raise OperationalError("no broker")

    monkeypatch.setattr(current_app, "send_task", down)
    monkeypatch.setattr(broker, "_muted_until", 0.0)
    for _ in range(3):
        record(account)
        cache.clear()

    assert account.events.count() == 3
    assert len(calls) == 1


def test_a_tick_leaves_the_work_to_a_courier_that_listens_and_a_call_for_help_does_not(
    account, receiver, settings, sent
):
    settings.EGRESS_ALLOW = ["127.0.0.0/8:*"]
    WebhookFactory.create(account=account, url=receiver.url("/"))
    record(account)
    wakeup.listen()

    tasks.run_courier()
    assert not Delivery.objects.exists()

    tasks.run_courier(helping=True)
    assert Delivery.objects.get().state == "delivered"

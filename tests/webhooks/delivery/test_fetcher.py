"""The fetcher: how much a courier claims of what is due, for which webhooks, and when it looks."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.factories import DeliveryFactory, EventFactory, WebhookFactory
from tests.polling import eventually
from tests.receiver import Answer, Receiver
from webhooks import wakeup
from webhooks.delivery import claim, fetcher
from webhooks.delivery.fetcher import Fetcher
from webhooks.delivery.heartbeat import Heartbeat
from webhooks.delivery.queue import INITIAL_SLOTS, WebhookQueue
from webhooks.models import Delivery, Webhook

TIMEOUT_S = 60.0
SOON = timedelta(seconds=1)


@pytest.fixture
def now():
    return timezone.now() + SOON


class Fetch:
    """Has one and the same courier fetch."""

    def __init__(self, now: datetime) -> None:
        self.fetcher = Fetcher(Heartbeat(uuid4(), now=now), timeout_s=TIMEOUT_S)
        self._now = now

    def __call__(self, in_flight: int = 0) -> dict[int, int]:
        """Return the numbers of jobs by webhook."""
        fetched = self.fetcher.fetch(now=self._now, in_flight=in_flight)
        return {queue.webhook_id: len(queue.waiting) for queue in fetched}


@pytest.fixture
def fetch(now) -> Fetch:
    return Fetch(now)


@pytest.fixture
def look_at_all(monkeypatch):
    """Have every fetch look at all webhooks, as the next one does after a while."""
    monkeypatch.setattr(fetcher, "FETCH_INTERVAL_S", 0.0)


def leased() -> set[int]:
    return set(Delivery.objects.filter(lease_token__isnull=False).values_list("pk", flat=True))


def test_a_new_event_is_fanned_out_and_claimed_at_once(account, fetch):
    webhook = WebhookFactory.create(account=account)
    EventFactory.create(account=account, fanned_out_at=None)

    assert fetch() == {webhook.pk: 1}
    assert fetch.fetcher.may_have_more
    assert fetch() == {}
    assert not fetch.fetcher.may_have_more


def test_a_webhook_of_which_nothing_is_known_gets_no_more_than_its_slots(account, fetch):
    webhook = WebhookFactory.create(account=account)
    DeliveryFactory.create_batch(5, webhook=webhook)

    assert fetch() == {webhook.pk: INITIAL_SLOTS}
    assert (fetch.fetcher.waiting, fetch.fetcher.delivery_ids()) == (INITIAL_SLOTS, leased())
    assert fetch() == {}


def test_claimed_jobs_have_all_that_is_needed_to_send_them(account, now):
    webhook = WebhookFactory.create(account=account, url="https://hooks.example/in")
    delivery = DeliveryFactory.create(webhook=webhook)

    (queue,) = Fetcher(Heartbeat(uuid4(), now=now), timeout_s=TIMEOUT_S).fetch(now=now, in_flight=0)

    (job,) = queue.waiting
    assert job.message is not None
    assert (job.delivery_id, job.message.id) == (delivery.pk, delivery.event_id.hex)
    assert job.leased_until == now + timedelta(seconds=TIMEOUT_S) + claim.LEASE_MARGIN
    assert queue.subscriber is not None
    assert (queue.host, queue.account_id, queue.subscriber.webhook_id) == ("hooks.example", account.pk, webhook.pk)


@pytest.mark.parametrize("rests", [0, 1])
def test_a_webhook_that_rests_gets_nothing(account, fetch, rests):
    DeliveryFactory.create(
        webhook=WebhookFactory.create(account=account, rests=rests, resting_until=timezone.now() + 10 * SOON)
    )

    assert (fetch(), leased()) == ({}, set())


def test_a_webhook_whose_rest_is_over_gets_one_probe(account, now, fetch):
    webhook = WebhookFactory.create(account=account, rests=1, failures=5, failing_since=now, resting_until=now - SOON)
    DeliveryFactory.create_batch(3, webhook=webhook)
    other = Fetcher(Heartbeat(uuid4(), now=now), timeout_s=TIMEOUT_S)

    assert fetch() == {webhook.pk: 1}
    assert other.fetch(now=now, in_flight=0) == []
    assert (fetch(), len(leased())) == ({}, 1)


def test_a_webhook_that_was_fast_before_its_rest_gets_one_probe_as_well(account, now, fetch):
    webhook = WebhookFactory.create(account=account, rests=1, failures=5, failing_since=now, resting_until=now - SOON)
    DeliveryFactory.create_batch(3, webhook=webhook)
    fetch.fetcher._queues[webhook.pk] = WebhookQueue(webhook.pk, slots=8, latency_s=0.001)

    assert fetch() == {webhook.pk: 1}


def test_what_waits_is_claimed_again_with_the_new_settings_of_its_webhook(account, fetch, look_at_all):
    webhook = WebhookFactory.create(account=account)
    DeliveryFactory.create_batch(2, webhook=webhook)
    fetch()
    Webhook.objects.update(revision=2)

    assert fetch() == {webhook.pk: 2}


def test_a_busy_courier_looks_between_times_only_at_what_is_new_and_what_ran_empty(account, fetch, monkeypatch):
    monkeypatch.setattr(fetcher, "FETCH_INTERVAL_S", 1e9)
    waiting = WebhookFactory.create(account=account, event_types=["dataset.error"])
    DeliveryFactory.create(webhook=waiting)
    assert fetch() == {waiting.pk: 1}
    DeliveryFactory.create(webhook=waiting)
    other = WebhookFactory.create(account=account)
    EventFactory.create(account=account, fanned_out_at=None)

    assert fetch() == {other.pk: 1}  # the new one's
    fetch.fetcher.drain()

    assert fetch() == {waiting.pk: 1}  # it is not busy any more


def test_a_queue_that_ran_empty_is_filled_again_between_times(account, fetch, monkeypatch):
    monkeypatch.setattr(fetcher, "FETCH_INTERVAL_S", 1e9)
    webhook = WebhookFactory.create(account=account)
    DeliveryFactory.create_batch(5, webhook=webhook)
    assert fetch() == {webhook.pk: INITIAL_SLOTS}
    [queue] = fetch.fetcher._queues.values()
    queue.waiting.clear()

    assert fetch(in_flight=1) == {webhook.pk: INITIAL_SLOTS}


def test_what_waits_for_a_webhook_that_was_deleted_is_given_up(account, fetch, look_at_all):
    DeliveryFactory.create_batch(2, webhook=WebhookFactory.create(account=account))
    fetch()
    Webhook.objects.update(revision=2, deleted_at=timezone.now())

    assert fetch() == {}
    assert fetch.fetcher.waiting == 0
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}


def test_a_courier_that_holds_enough_claims_only_for_webhooks_of_which_it_holds_nothing(account, fetch, monkeypatch):
    monkeypatch.setattr(fetcher, "MAX_HELD", 4)
    for _ in range(3):
        DeliveryFactory.create_batch(5, webhook=WebhookFactory.create(account=account))

    assert list(fetch(in_flight=3).values()) == [1, 1, 1]
    assert fetch(in_flight=3) == {}


def test_queues_that_hold_nothing_are_forgotten_when_there_are_too_many(account, fetch, monkeypatch):
    monkeypatch.setattr(fetcher, "MAX_HELD", 1)
    fetch.fetcher._queues.update({-n: WebhookQueue(-n) for n in range(1, 4)})
    webhook = DeliveryFactory.create(webhook=WebhookFactory.create(account=account)).webhook

    fetch()

    assert set(fetch.fetcher._queues) == {webhook.pk}


def test_a_drained_fetcher_holds_nothing(account, fetch):
    DeliveryFactory.create_batch(2, webhook=WebhookFactory.create(account=account))
    fetch()

    assert (set(fetch.fetcher.drain()), fetch.fetcher.waiting) == (leased(), 0)


def test_more_webhooks_than_one_look_takes_are_looked_at_in_turn(account, fetch, monkeypatch):
    monkeypatch.setattr(claim, "MAX_WEBHOOKS_PER_LOOK", 2)
    webhooks = [DeliveryFactory.create(webhook=WebhookFactory.create(account=account)).webhook.pk for _ in range(3)]

    looks = [(set(fetch()), fetch.fetcher.may_have_more) for _ in range(2)]

    assert looks == [(set(webhooks[:2]), True), (set(webhooks[2:]), False)]


def test_it_looks_again_when_there_may_be_more_when_the_bell_rang_and_after_a_while(fetch, monkeypatch):
    monkeypatch.setattr(fetcher, "FETCH_INTERVAL_S", 60.0)
    fetching = fetch.fetcher
    assert fetching.is_due(idle=True, wanted=False)  # nobody has looked yet
    fetch()
    assert not fetching.is_due(idle=True, wanted=False)
    assert fetching.is_due(idle=True, wanted=True)

    wakeup.ring()
    fetching.listen(busy=False)
    assert fetching.is_due(idle=True, wanted=False)

    fetch()
    assert not fetching.is_due(idle=True, wanted=False)
    monkeypatch.setattr(fetcher, "FETCH_INTERVAL_S", 0.01)
    eventually(lambda: fetching.is_due(idle=True, wanted=False))
    wakeup.stop_listening()


def test_a_courier_full_of_what_a_busy_host_is_to_get_still_serves_another_host(account, receiver, run, monkeypatch):
    monkeypatch.setattr(fetcher, "MAX_HELD", 40)
    receiver.answer(Answer(delay_s=600))
    for _ in range(40):
        DeliveryFactory.create_batch(2, webhook=WebhookFactory.create(account=account, url=receiver.url("/busy")))
    with Receiver(host="127.0.0.2") as other:
        other.answer(lambda _request: receiver.release() or 200)
        DeliveryFactory.create(webhook=WebhookFactory.create(account=account, url=other.url("/healthy")))

        run()

    assert Delivery.objects.filter(state="delivered", attempt_count=1).count() == 81


def test_a_run_does_not_end_while_something_is_due(account, receiver, run, monkeypatch):
    monkeypatch.setattr(fetcher, "MAX_HELD", 16)
    for _ in range(10):
        DeliveryFactory.create_batch(10, webhook=WebhookFactory.create(account=account, url=receiver.url("/in")))

    run()

    assert Delivery.objects.filter(state="delivered").count() == 100

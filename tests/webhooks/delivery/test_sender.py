"""The sender: what it takes from the queues, and what it leaves in the buffer."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import DeliveryFactory, EventFactory, WebhookFactory
from tests.receiver import Answer, hang, reset
from tests.webhooks.delivery.conftest import make_job, outcome
from webhooks.delivery.circuit_breaker import REST_AFTER
from webhooks.delivery.connection import DatabaseClock
from webhooks.delivery.loading import subscriber_of
from webhooks.delivery.queue import WebhookQueue, host_of
from webhooks.delivery.sender import DeliverySender
from webhooks.delivery.settle import ResultBuffer
from webhooks.egress import make_client
from webhooks.events.messages import message_of
from webhooks.models import Delivery

TIMEOUT_S = 30.0
LEASE = timedelta(seconds=90)


class Sending:
    """A sender with a real client and a real clock, and the queues it is given."""

    def __init__(self, client) -> None:
        self.token = uuid4()
        self.clock = DatabaseClock()
        self.buffer = ResultBuffer(self.token)
        self.sender = DeliverySender(client, clock=self.clock, buffer=self.buffer)

    def queue_of(self, *deliveries: Delivery, lease: timedelta = LEASE, **fields: Any) -> WebhookQueue:
        """Claim deliveries of one webhook, and return the queue in which they wait."""
        webhook, until = deliveries[0].webhook, self.clock.now() + lease
        queue = WebhookQueue(webhook.pk, subscriber=subscriber_of(webhook), slots=8, **fields)
        queue.host = host_of(webhook.settings["url"])
        for delivery in deliveries:
            Delivery.objects.filter(pk=delivery.pk).update(lease_token=self.token, leased_until=until)
            job = make_job(delivery_id=delivery.pk, webhook_id=webhook.pk, leased_until=until)
            job.message = message_of(delivery.event)
            queue.waiting.append(job)
        return queue

    def collect(self, answers: int) -> None:
        while answers > 0:
            answers -= self.sender.collect(TIMEOUT_S)


@pytest.fixture
def sending(settings):
    settings.WEBHOOK_TIMEOUT_S = TIMEOUT_S
    with make_client() as client:
        yield Sending(client)


@pytest.fixture
def webhook(account, receiver):
    return WebhookFactory.create(account=account, url=receiver.url("/in"))


def test_what_waited_so_long_that_its_lease_could_end_before_its_answer_is_released_unsent(receiver, sending, webhook):
    """Sent all the same, it could be claimed and sent by another courier before its answer is there."""
    late, in_time = DeliveryFactory.create_batch(2, webhook=webhook)
    short, long = timedelta(seconds=TIMEOUT_S - 0.1), timedelta(seconds=TIMEOUT_S + 90)
    queue = sending.queue_of(late, lease=short)
    queue.waiting.extend(sending.queue_of(in_time, lease=long).waiting)

    sending.sender.add([queue])
    sent = sending.sender.send()
    sending.collect(1)
    sending.buffer.flush(now=sending.clock.now())

    assert sent == 1
    assert [UUID(got.header("webhook-id")) for got in receiver.requests()] == [in_time.event_id]
    assert [outcome(late), outcome(in_time)] == [("pending", 0, ""), ("delivered", 1, "")]
    assert late.lease_token is None


def test_a_queue_sends_no_more_at_once_than_its_slots_and_the_rest_as_answers_come(receiver, sending, webhook):
    queue = sending.queue_of(*DeliveryFactory.create_batch(4, webhook=webhook), limit=2)
    sending.sender.add([queue])

    first = sending.sender.send()
    assert (first, sending.sender.in_flight, sending.sender.is_idle) == (2, 2, False)
    sending.collect(2)
    assert sending.sender.send() == 2
    sending.collect(2)

    assert sending.sender.is_idle
    assert len(receiver.requests()) == 4


def test_all_webhooks_of_a_host_share_its_limit(account, receiver, sending):
    queues = [
        sending.queue_of(
            *DeliveryFactory.create_batch(3, webhook=WebhookFactory.create(account=account, url=receiver.url()))
        )
        for _ in range(3)
    ]
    sending.sender.add(queues)

    assert sending.sender.send(host_limit=4) == 4


@pytest.mark.parametrize("may_have_more", [True, False])
def test_a_queue_that_has_run_empty_wants_more_if_there_may_be_any(sending, webhook, may_have_more):
    queue = sending.queue_of(DeliveryFactory.create(webhook=webhook), may_have_more=may_have_more)
    sending.sender.add([queue])
    sending.sender.send()
    sending.collect(1)
    assert sending.sender.wants_more is may_have_more

    sending.sender.add([])

    assert not sending.sender.wants_more


def test_what_is_broken_off_is_released(account, receiver, sending):
    webhook = WebhookFactory.create(account=account, url=receiver.answering(hang()))
    deliveries = DeliveryFactory.create_batch(2, webhook=webhook)
    queue = sending.queue_of(*deliveries)
    sending.sender.add([queue])
    sending.sender.send()
    assert sending.sender.delivery_ids() == {delivery.pk for delivery in deliveries}

    sending.sender.abort()
    released = sending.buffer.flush(now=sending.clock.now())

    assert (released, sending.buffer.released, sending.buffer.settled) == (True, 2, 0)
    assert (sending.sender.delivery_ids(), sending.sender.is_idle, queue.in_flight) == (set(), True, 0)
    assert not Delivery.objects.filter(lease_token__isnull=False).exists()


@pytest.mark.parametrize(
    "answer",
    [410, Answer(status=429, headers=(("Retry-After", "60"),))],
    ids=["it is gone", "it asks for a pause"],
)
def test_what_waits_is_released_when_its_receiver_wants_nothing(account, receiver, sending, answer):
    webhook = WebhookFactory.create(account=account, url=receiver.answering(answer))
    queue = sending.queue_of(*DeliveryFactory.create_batch(3, webhook=webhook), limit=1)
    sending.sender.add([queue])
    sending.sender.send()

    sending.collect(1)

    assert (len(queue.waiting), sending.sender.send()) == (0, 0)
    assert sending.buffer.is_due(is_last=False)  # or more could be claimed before its webhook is known to rest
    sending.buffer.flush(now=sending.clock.now())
    assert sending.buffer.released == 2


def test_what_waits_is_released_when_its_receiver_was_silent_so_often_that_it_will_rest(account, receiver, sending):
    webhook = WebhookFactory.create(account=account, url=receiver.answering(reset()))
    queue = sending.queue_of(*DeliveryFactory.create_batch(REST_AFTER + 3, webhook=webhook), limit=1)
    sending.sender.add([queue])
    while sending.sender.send():
        sending.collect(sending.sender.in_flight)

    assert (len(queue.waiting), sending.sender.in_flight) == (0, 0)
    sending.buffer.flush(now=sending.clock.now())
    webhook.refresh_from_db()
    assert (sending.buffer.released, sending.buffer.settled) == (3, REST_AFTER)
    assert webhook.state == "resting"


@pytest.mark.parametrize("missing", ["message", "subscriber"])
def test_what_cannot_be_prepared_is_retried_without_blaming_its_webhook(receiver, sending, webhook, missing):
    delivery = DeliveryFactory.create(webhook=webhook)
    queue = sending.queue_of(delivery)
    if missing == "message":
        queue.waiting[0].message = None
    else:
        queue.subscriber = None
    sending.sender.add([queue])

    assert sending.sender.send() == 0
    sending.buffer.flush(now=sending.clock.now())

    webhook.refresh_from_db()
    assert (outcome(delivery), receiver.requests()) == (("pending", 1, "protocol"), [])
    assert (webhook.failed_attempts, webhook.failing_since) == (0, None)


@pytest.mark.parametrize(("answers", "counted"), [([200], 0), ([500], 1), ([500, 200], 0)])
def test_a_webhook_hears_of_what_changes_its_health(account, receiver, sending, answers, counted):
    webhook = WebhookFactory.create(account=account, url=receiver.answering(*answers))
    queue = sending.queue_of(*DeliveryFactory.create_batch(len(answers), webhook=webhook), limit=1)
    sending.sender.add([queue])
    for _ in answers:
        sending.sender.send()
        sending.collect(1)

    sending.buffer.flush(now=sending.clock.now())

    webhook.refresh_from_db()
    assert (webhook.failed_attempts, webhook.failing_since is not None) == (counted, counted > 0)


def test_what_is_sent_is_the_event_as_the_target_tells_it(receiver, sending, webhook):
    event = EventFactory.create(account=webhook.account, resource_title="Arbres")
    sending.sender.add([sending.queue_of(DeliveryFactory.create(webhook=webhook, event=event))])

    sending.sender.send()
    sending.collect(1)

    (got,) = receiver.requests()
    assert "Arbres" in json.dumps(got.json(), ensure_ascii=False)

"""The broker within one process: consumers sleep until a message comes, and then get it at once."""

import threading
import time
from collections.abc import Iterator

import pytest
from kombu import Connection, Queue

from config.memory_broker import Channel, Transport, changes

QUEUE = Queue("tests", routing_key="tests")
LONG_S = 20.0
"""Far longer than a message needs to arrive: whoever waits so long was not woken."""


@pytest.fixture
def connection() -> Iterator[Connection]:
    with Connection("memory://localhost/", transport="config.memory_broker:Transport") as connection:
        QUEUE(connection.default_channel).declare()
        yield connection
        QUEUE(connection.default_channel).delete()


def _send(connection: Connection, body: str) -> None:
    with connection.Producer() as producer:
        producer.publish(body, routing_key=QUEUE.name, declare=[QUEUE])


def _meanwhile(act, *arguments) -> threading.Thread:
    """Call `act` in another thread, while the consumer waits or just before."""
    thread = threading.Thread(target=act, args=arguments)
    thread.start()
    return thread


def test_a_message_wakes_the_consumer_that_waits_for_it(connection):
    received = []

    def receive(body, message):
        received.append(body)
        message.ack()

    with connection.Consumer(QUEUE, callbacks=[receive]):
        began = time.monotonic()
        sender = _meanwhile(_send, connection, "now")
        connection.drain_events(timeout=LONG_S)
    sender.join()

    assert received == ["now"]
    assert time.monotonic() - began < LONG_S / 2


def test_a_consumer_at_its_prefetch_limit_goes_on_when_the_message_is_acknowledged(connection):
    received = []
    _send(connection, "first")
    _send(connection, "second")
    with connection.Consumer(QUEUE, callbacks=[lambda _body, message: received.append(message)]) as consumer:
        consumer.qos(prefetch_count=1)
        connection.drain_events(timeout=LONG_S)
        with pytest.raises(TimeoutError):
            connection.drain_events(timeout=0.05)

        began = time.monotonic()
        acknowledging = _meanwhile(received[0].ack)
        connection.drain_events(timeout=LONG_S)
    acknowledging.join()

    assert [message.payload for message in received] == ["first", "second"]
    assert time.monotonic() - began < LONG_S / 2


def test_a_rejected_message_comes_again(connection):
    received = []
    _send(connection, "again")
    with connection.Consumer(QUEUE, callbacks=[lambda _body, message: received.append(message)]):
        connection.drain_events(timeout=LONG_S)
        received[0].reject(requeue=True)
        connection.drain_events(timeout=LONG_S)
        received[1].ack()

    assert [message.payload for message in received] == ["again", "again"]


def test_a_consumer_without_messages_looks_once_and_then_sleeps(connection):
    looks = []

    class Counted(Channel):
        def _get(self, queue, timeout=None):
            looks.append(queue)
            return super()._get(queue, timeout)

    class CountedTransport(Transport):
        Channel = Counted

    with Connection("memory://localhost/", transport=CountedTransport) as counted, counted.Consumer(QUEUE):
        looks.clear()
        with pytest.raises(TimeoutError):
            counted.drain_events(timeout=0.3)

    assert 1 <= len(looks) <= 2


def test_a_change_before_the_wait_ends_it_at_once():
    seen = changes.count
    changes.notify()

    assert changes.wait(seen=seen, timeout_s=LONG_S)
    assert not changes.wait(seen=changes.count, timeout_s=0.01)

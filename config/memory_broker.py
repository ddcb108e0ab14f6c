"""Kombu's in-memory broker with consumers that sleep until a message comes, instead of polling for one."""

from __future__ import annotations

import threading
import time
from queue import Queue
from typing import Any, cast

from kombu.transport import memory, virtual
from kombu.utils.scheduling import FairCycle


class Changes:
    """Counts what happens to any queue of this process, and wakes those who wait for it."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    @property
    def count(self) -> int:
        """The number of changes so far: what `wait` compares with."""
        return self._count

    def notify(self) -> None:
        """Count a change and wake every waiting consumer."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def wait(self, *, seen: int, timeout_s: float | None) -> bool:
        """Wait until there were more changes than `seen`; return False when `timeout_s` is over before."""
        with self._condition:
            return self._condition.wait_for(lambda: self._count != seen, timeout_s)


changes = Changes()


class QoS(virtual.QoS):
    """An acknowledgement makes room for the next message: a consumer at its prefetch limit must wake up."""

    def ack(self, delivery_tag: str) -> None:
        super().ack(delivery_tag)
        changes.notify()

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        super().reject(delivery_tag, requeue=requeue)
        changes.notify()


class Channel(memory.Channel):
    """A channel that reports each message put into a queue."""

    QoS = QoS
    queues: dict[str, Queue[Any]] = {}

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        super()._put(queue, message, **kwargs)
        changes.notify()

    def _put_fanout(
        self, exchange: str, message: dict[str, Any], routing_key: str | None = None, **kwargs: Any
    ) -> None:
        super()._put_fanout(exchange, message, routing_key, **kwargs)
        changes.notify()


class Transport(memory.Transport):
    """The transport for `CELERY_BROKER_TRANSPORT`: messages pass between threads of this process only."""

    Channel = Channel
    global_state = virtual.BrokerState()

    def drain_events(self, connection: object, timeout: float | None = None, **_options: Any) -> None:
        """Deliver one message; raise TimeoutError when none comes within `timeout` seconds."""
        cycle = cast("FairCycle", self.cycle)
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            seen = changes.count  # read before looking: a message that comes after the look ends the wait
            try:
                cycle.get(self._deliver, timeout=timeout)
            except virtual.Empty:
                left = None if until is None else max(0.0, until - time.monotonic())
                if not changes.wait(seen=seen, timeout_s=left):
                    raise TimeoutError from None
            else:
                return

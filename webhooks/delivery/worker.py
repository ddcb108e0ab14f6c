"""The courier at work: fetch what is due, send it, write the results, until nothing is due any more."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from enum import Enum, auto

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from webhooks import wakeup
from webhooks.delivery import claim
from webhooks.delivery.connection import DatabaseClock, tune_connection
from webhooks.delivery.fetcher import LISTEN_INTERVAL_S, Fetcher
from webhooks.delivery.heartbeat import Heartbeat
from webhooks.delivery.queue import MAX_IN_FLIGHT_PER_HOST
from webhooks.delivery.sender import MAX_IN_FLIGHT, DeliverySender
from webhooks.delivery.settle import ResultBuffer
from webhooks.delivery.shutdown import ShutdownFlag, shutdown_flag
from webhooks.egress import make_client, raise_open_files_limit
from webhooks.logs import Log
from webhooks.models.event import new_id

logger = Log(logging.getLogger(__name__))

SLICE_S = 900.0
"""Seconds that one run lasts at the most; the next one starts with fresh connections."""

LINGER_S = 1.0
"""Seconds that a courier which has worked waits for more work, so that the next event finds it awake."""

DATABASE_RETRY_S = 0.5
"""Seconds to wait for a database that is away before it is tried again."""

HELP_FROM_HELD = 200
HELP_INTERVAL_S = 2.0
"""A courier that holds so many deliveries asks for another courier, not more often than this."""

COLLECT_S = 0.05
"""Seconds to wait for answers at once while there is nothing else to do."""

_one_per_process = threading.Lock()


@dataclass(slots=True)
class RunSummary:
    """What one run did: answers that came, deliveries settled, deliveries released unsent."""

    sent: int = 0
    settled: int = 0
    released: int = 0


class State(Enum):
    """What a worker is doing.

    | state         | what it does                                           | next state, and when                    |
    |---------------|--------------------------------------------------------|-----------------------------------------|
    | STARTING      | sends nothing: the other couriers do not divide the    | WORKING: all of them have noticed it,   |
    |               | limits with it yet                                     | or had the time to                      |
    | WORKING       | rounds: fetches what is due, sends it, collects        | LINGERING: a round did nothing, nothing |
    |               | answers, writes results                                | is held and there is no more to fetch   |
    | LINGERING     | the same rounds, which listen for new events           | WORKING: there was something to do;     |
    |               |                                                        | STOPPING: nothing for `linger_s`        |
    | DATABASE_AWAY | collects answers and keeps them for a while; then ends | STARTING: the database answers          |
    |               | the leases of claims whose answer was lost             |                                         |
    | STOPPING      | releases what was not sent, lets what is in flight     | the end of the run                      |
    |               | finish for a while, writes results                     |                                         |

    From all but the last, an error of the database leads to DATABASE_AWAY, a shutdown or the end of the slice to
    STOPPING.
    """

    STARTING = auto()
    WORKING = auto()
    LINGERING = auto()
    DATABASE_AWAY = auto()
    STOPPING = auto()


def run(*, slice_s: float = SLICE_S, linger_s: float = LINGER_S, shutdown: ShutdownFlag = shutdown_flag) -> RunSummary:
    """Deliver until nothing is due, `slice_s` is over or `shutdown` is set; do nothing if this process does already.

    At the end what is in flight has `shutdown.grace_s` seconds to finish. What has not by then, or was not sent yet, is
    released, so that no other courier has to wait for its lease to end.
    """
    if shutdown.is_set() or not _one_per_process.acquire(blocking=False):
        return RunSummary()
    try:
        if not claim.anything_due():
            return RunSummary()
        worker = Worker(linger_s=linger_s, shutdown=shutdown)
        try:
            with shutdown.heeding_sigterm():
                return worker.work(until=time.monotonic() + slice_s)
        finally:
            worker.close()
    finally:
        _one_per_process.release()


class Worker:
    """One run of a courier: see `State`."""

    def __init__(self, *, linger_s: float, shutdown: ShutdownFlag) -> None:
        tune_connection()
        raise_open_files_limit()
        self._linger_s = linger_s
        self._shutdown = shutdown
        self._clock = DatabaseClock()
        self._token = new_id()
        self._heartbeat = Heartbeat(self._token, now=self._clock.now())
        self._client = make_client(max_in_flight=MAX_IN_FLIGHT)
        self._buffer = ResultBuffer(self._token)
        self._fetcher = Fetcher(self._heartbeat, timeout_s=settings.WEBHOOK_TIMEOUT_S)
        self._sender = DeliverySender(self._client, clock=self._clock, buffer=self._buffer)
        self._answers = 0
        self._busy = False
        self._asked_for_help_s = 0.0
        self._steps = {
            State.STARTING: self._start,
            State.WORKING: self._work,
            State.LINGERING: self._linger,
            State.DATABASE_AWAY: self._return_to_database,
        }

    def work(self, *, until: float) -> RunSummary:
        """Run until there is nothing to do, the time `until` (monotonic) or a shutdown, and return what was done."""
        self._worked_s = time.monotonic() - self._linger_s  # a courier that finds nothing at all does not linger
        state = State.STARTING
        try:
            while state is not State.STOPPING and not self._shutdown.is_set() and time.monotonic() < until:
                try:
                    state = self._steps[state]()
                except (OperationalError, InterfaceError) as error:
                    state = self._lose_database(error)
        finally:
            self._stop(settings.WEBHOOK_TIMEOUT_S if self._shutdown.grace_s is None else self._shutdown.grace_s)
        return RunSummary(self._answers, self._buffer.settled, self._buffer.released)

    def close(self) -> None:
        """Close every connection to the receivers."""
        self._client.close()

    @property
    def _is_idle(self) -> bool:
        return self._sender.is_idle and not self._buffer

    def _start(self) -> State:
        if self._heartbeat.is_noticed(self._clock.now()):
            return State.WORKING
        self._collect(LISTEN_INTERVAL_S)
        self._worked_s = time.monotonic()
        return State.STARTING

    def _work(self) -> State:
        if self._do_round():
            self._worked_s = time.monotonic()
            return State.WORKING
        return State.LINGERING if self._is_idle and not self._fetcher.may_have_more else State.WORKING

    def _linger(self) -> State:
        if time.monotonic() - self._worked_s <= self._linger_s:
            return self._work()
        wakeup.stop_listening()
        if not wakeup.listen():  # an event recorded before that has rung the bell: no message was sent for it
            return State.STOPPING
        self._fetcher.look_again()
        return State.WORKING

    def _do_round(self) -> bool:
        """Fetch if it is time to, send, collect answers, write results if it is time to; return whether it did work."""
        self._fetcher.listen(busy=self._busy)
        is_due = self._fetcher.is_due(idle=self._is_idle, wanted=self._sender.wants_more)
        worked = self._fetch() if is_due else False
        worked = self._sender.send(host_limit=self._heartbeat.share_of(MAX_IN_FLIGHT_PER_HOST)) > 0 or worked
        self._busy = self._collect(LISTEN_INTERVAL_S) > 0
        if self._buffer.is_due(is_last=self._sender.is_idle):
            self._flush()
            if self._is_idle:
                self._fetcher.look_again()  # what did not fit before does now
        return worked or self._busy

    def _fetch(self) -> bool:
        """Fetch and hand over to the sender; return whether something was claimed, or may be at once."""
        queues = self._fetcher.fetch(now=self._clock.now(), in_flight=self._sender.in_flight)
        self._sender.add(queues)
        now = time.monotonic()
        held = self._sender.in_flight + self._fetcher.waiting
        if held >= HELP_FROM_HELD and now - self._asked_for_help_s > HELP_INTERVAL_S:
            self._asked_for_help_s = now
            wakeup.call_another_courier()
        return bool(queues) or self._fetcher.may_have_more

    def _collect(self, timeout_s: float) -> int:
        answers = self._sender.collect(timeout_s)
        self._answers += answers
        return answers

    def _collect_for(self, seconds: float, *, until_empty: bool = False) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and (self._sender.in_flight or not until_empty):
            self._collect(COLLECT_S)

    def _flush(self) -> None:
        """Write what was finished; what the database did not take stays for the next time."""
        if self._buffer.flush(now=self._clock.now()):
            self._fetcher.look_again()

    def _lose_database(self, error: Exception) -> State:
        logger.warning("the database does not answer; what came back is kept and settled later: %r", error)
        connection.close()
        return State.DATABASE_AWAY

    def _return_to_database(self) -> State:
        """Go on with what is in flight for a while, then connect again and undo claims whose answer was lost."""
        self._collect_for(DATABASE_RETRY_S)
        tune_connection()
        held = self._fetcher.delivery_ids() | self._sender.delivery_ids() | self._buffer.delivery_ids()
        claim.release_all_but(held, token=self._token)
        self._fetcher.look_again()
        return State.STARTING

    def _stop(self, grace_s: float) -> None:
        """Release what was not sent, let what is in flight finish, write results, release what did not finish."""
        until = time.monotonic() + grace_s
        self._buffer.release(self._fetcher.drain())
        self._collect_for(grace_s, until_empty=True)
        self._sender.abort()
        while True:
            try:
                self._flush()
                self._heartbeat.end()
                break
            except (OperationalError, InterfaceError) as error:
                if time.monotonic() >= until + DATABASE_RETRY_S:
                    logger.exception("the database is away; leases will end by themselves")
                    break
                self._lose_database(error)
                self._collect_for(DATABASE_RETRY_S)
        wakeup.stop_listening()
        if self._fetcher.may_have_more and not self._shutdown.is_set():
            wakeup.call_another_courier()

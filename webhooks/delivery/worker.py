"""Deliver what is due until nothing is: fill the lanes, send, settle in batches."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from webhooks import wakeup
from webhooks.delivery import claim, health
from webhooks.delivery.connection import Clock, tune_connection
from webhooks.delivery.fetcher import Intake
from webhooks.delivery.heartbeat import Crew, share
from webhooks.delivery.queue import MAX_IN_FLIGHT_PER_HOST
from webhooks.delivery.sender import MAX_IN_FLIGHT_IN_ALL, Dispatch
from webhooks.delivery.settle import settle
from webhooks.delivery.shutdown import Stopping, stopping
from webhooks.egress import make_sender, raise_open_files_limit
from webhooks.logs import Log
from webhooks.models.event import new_id

logger = Log(logging.getLogger(__name__))

SLICE_S = 900.0
"""How long one run lasts at the most; whoever works on then starts with fresh connections."""

LINGER_S = 1.0
"""How long a courier that has worked waits for more: the next event finds it awake."""

SETTLE_BATCH = 100
SETTLE_AFTER_S = 0.02
"""Answers are settled by so many, or so long after the first of them."""

BELL_EVERY_S = 0.003
BELL_WHEN_BUSY_EVERY_S = 0.02
LOOK_EVERY_S = 0.25
"""How often an awake courier listens for the bell, at a quiet moment or between answers that keep coming, and how often
it looks for what became due without any."""

AWAY_S = 0.5
"""How long to wait for a database that is away before trying it again."""

CALL_HELP_EVERY_S = 2.0
HELP_FROM = 200
"""Who holds so many deliveries asks for another courier, and again in a while."""

_one_per_process = threading.Lock()


@dataclass(slots=True)
class Report:
    """What one run did, in deliveries: answers that came, those settled, those given back unsent."""

    sent: int = 0
    settled: int = 0
    given_back: int = 0


def run(*, slice_s: float = SLICE_S, linger_s: float = LINGER_S, stop: Stopping = stopping) -> Report:
    """Deliver until nothing is due, or `slice_s` is over, or `stop` is set; at once when this process does already.

    At the end what is in flight has `stop.grace_s` seconds to finish; what has not is given back, as is what was not
    sent yet, so that nothing waits for a lease to expire.
    """
    if stop.is_set() or not _one_per_process.acquire(blocking=False):
        return Report()
    try:
        if not claim.anything_due():
            return Report()
        courier = Courier(linger_s=linger_s, stop=stop)
        try:
            with stop.heeding_sigterm():
                return courier.work(until=time.monotonic() + slice_s)
        finally:
            courier.close()
    finally:
        _one_per_process.release()


class Courier:
    """One run of a courier, from waking to the end of its work."""

    def __init__(self, *, linger_s: float, stop: Stopping) -> None:
        tune_connection()
        self._cut_off = False
        self.report = Report()
        self._stop = stop
        self._linger_s = linger_s
        self._clock = Clock()
        self._crew = Crew(new_id(), now=self._clock.now())
        raise_open_files_limit()
        self._sender = make_sender(max_in_flight=MAX_IN_FLIGHT_IN_ALL)
        self._intake = Intake(self._crew, timeout_s=settings.WEBHOOK_TIMEOUT_S)
        self._dispatch = Dispatch(self._sender, self._clock)
        self._more = True
        self._quiet = False
        self._refilled_at = self._refill_took = self._heard_at = self._helped_at = 0.0
        self._first_done_at: float | None = None

    def work(self, *, until: float) -> Report:
        """Run until nothing is due, the time `until` (monotonic) or the stop; then bring home what is out."""
        worked_at = time.monotonic() - self._linger_s  # who finds nothing at all does not wait for more
        try:
            while not self._stop.is_set() and time.monotonic() < until:
                try:
                    if self._cut_off:
                        self._reconnect()
                    if self._step():
                        worked_at = time.monotonic()
                    elif self._idle and time.monotonic() - worked_at > self._linger_s and not self._called_back():
                        break
                except (OperationalError, InterfaceError) as error:
                    self._wait_for_database(error)
        finally:
            self._bring_home(settings.WEBHOOK_TIMEOUT_S if self._stop.grace_s is None else self._stop.grace_s)
        return self.report

    def close(self) -> None:
        """Close every connection to the receivers."""
        self._sender.close()

    @property
    def _held(self) -> int:
        return self._dispatch.in_flight + sum(len(lane.waiting) for lane in self._intake.lanes.values())

    @property
    def _idle(self) -> bool:
        return not (self._dispatch.in_flight or self._dispatch.done or self._dispatch.turns)

    def _step(self) -> bool:
        """Do one round: refill if it is time, send, collect, settle if it is time. Tell whether anything happened."""
        known = self._crew.may_send(self._clock.now())
        busy = not known  # a newcomer waits until the others share with it
        if known and self._time_to_refill():
            busy = self._refill()
        if self._dispatch.turns:
            limit = share(MAX_IN_FLIGHT_PER_HOST, couriers=self._crew.size, rank=self._crew.rank, key=0)
            busy = self._dispatch.send(host_limit=limit) > 0 or busy
        answers = self._dispatch.collect(BELL_EVERY_S)
        self._quiet = not answers
        self.report.sent += answers
        if self._time_to_settle():
            self._settle()
            self._more = self._more or self._idle  # there is room again for what had to wait
        return busy or answers > 0

    def _time_to_refill(self) -> bool:
        """Tell whether to look for work: there is more, or the bell rang, or nobody looked for a while.

        A refill is not followed by another before its own duration has passed, so that sending gets its share.
        """
        now = time.monotonic()
        if now - self._heard_at >= (BELL_EVERY_S if self._quiet else BELL_WHEN_BUSY_EVERY_S):
            self._heard_at = now
            self._more = wakeup.answer() or self._more
        if now - self._refilled_at >= LOOK_EVERY_S:
            return True
        wanted = self._more or self._dispatch.hungry
        return wanted and (self._idle or now - self._refilled_at >= self._refill_took)

    def _refill(self) -> bool:
        began = time.monotonic()
        self._dispatch.hungry = False
        filled, self._more = self._intake.refill(now=self._clock.now(), held=self._held)
        for lane in filled:
            self._dispatch.turns.enter(lane)
        self._refilled_at = time.monotonic()
        self._refill_took = self._refilled_at - began
        if self._held >= HELP_FROM and self._refilled_at - self._helped_at > CALL_HELP_EVERY_S:
            self._helped_at = self._refilled_at
            wakeup.call_help()
        return bool(filled) or self._more

    def _time_to_settle(self) -> bool:
        done = self._dispatch.done
        if not done:
            self._first_done_at = None
            return bool(self._dispatch.late)
        now = time.monotonic()
        self._first_done_at = self._first_done_at or now
        nothing_else = not (self._dispatch.in_flight or self._dispatch.turns)
        return len(done) >= SETTLE_BATCH or now - self._first_done_at >= SETTLE_AFTER_S or nothing_else

    def _settle(self) -> None:
        """Write down what came back; what the database did not take stays for the next time."""
        dispatch = self._dispatch
        now = self._clock.now()
        if dispatch.done:
            self.report.settled += settle(dispatch.done, token=self._crew.token, now=now)
            dispatch.done.clear()
            self._first_done_at = None
        if dispatch.late:  # before the notes: what they disable takes these along
            self.report.given_back += claim.give_back(dispatch.late, token=self._crew.token)
            dispatch.late.clear()
            self._more = True
        if dispatch.notes:
            health.note(dispatch.notes, now=now)
            dispatch.notes.clear()

    def _called_back(self) -> bool:
        """Stop listening; tell whether the bell rang just before, so that nobody heard it."""
        wakeup.leave()
        self._more = wakeup.answer()
        return self._more

    def _wait_for_database(self, error: Exception) -> None:
        """Go on with what is in flight while the database is away."""
        logger.warning("the database does not answer; what came back is kept and settled later: %r", error)
        connection.close()
        until = time.monotonic() + AWAY_S
        while time.monotonic() < until and not self._stop.is_set():
            self.report.sent += self._dispatch.collect(0.05)
        self._more = self._cut_off = True

    def _reconnect(self) -> None:
        """Begin again with a database that was away: what it leased, but could not say so, is free again."""
        tune_connection()
        dispatch = self._dispatch
        waiting = (parcel.claimed.id for lane in self._intake.lanes.values() for parcel in lane.waiting)
        held = {*waiting, *dispatch.flying, *dispatch.late, *(done.delivery_id for done in dispatch.done)}
        claim.release_unheld(held, token=self._crew.token)
        self._cut_off = False

    def _bring_home(self, grace_s: float) -> None:
        """Give back what was not sent, wait for what is in flight, settle, and give back what did not come."""
        until = time.monotonic() + grace_s
        waiting = self._intake.empty()
        while self._dispatch.in_flight and time.monotonic() < until:
            self.report.sent += self._dispatch.collect(0.05)
        unsent = [*waiting, *self._dispatch.abort()]
        self._dispatch.late += unsent
        while True:
            try:
                self._settle()
                self._crew.leave()
                break
            except (OperationalError, InterfaceError) as error:
                if time.monotonic() >= until + AWAY_S:
                    logger.exception("the database is away; leases will expire by themselves")
                    break
                self._wait_for_database(error)
        wakeup.leave()
        if self._more and not self._stop.is_set():
            wakeup.call_help()

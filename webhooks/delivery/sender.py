"""Send what waits in the lanes, in fair turns, and collect what became of it."""

from __future__ import annotations

import logging
import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from webhooks.delivery import retry
from webhooks.delivery.circuit_breaker import REST_AFTER
from webhooks.delivery.connection import Clock
from webhooks.delivery.health import Note
from webhooks.delivery.loading import Unpreparable
from webhooks.delivery.queue import MAX_IN_FLIGHT_PER_HOST, Lane, Parcel, Turns
from webhooks.delivery.result import NO_ANSWER, Plan, settled
from webhooks.delivery.settle import Settled
from webhooks.egress import ErrorClass, OutgoingRequest, Response, Sender
from webhooks.logs import Log
from webhooks.models.delivery import Delivery, Trigger
from webhooks.targets import Outcome, Target, Verdict

logger = Log(logging.getLogger(__name__))

MAX_IN_FLIGHT_IN_ALL = 500
"""Requests that one courier has in flight at the most."""


@dataclass(frozen=True, slots=True, eq=False)
class Flight:
    """A request in flight: which delivery, of which lane."""

    parcel: Parcel
    lane: Lane
    request: OutgoingRequest


class Dispatch:
    """The sending half of a courier; `done` and `notes` (by webhook) collect until the courier settles them."""

    def __init__(self, sender: Sender, clock: Clock) -> None:
        self.turns = Turns()
        self.done: list[Settled] = []
        self.notes: dict[int, list[Note]] = defaultdict(list)
        self.late: list[int] = []
        self.flying: set[int] = set()
        """The ids of the deliveries in flight."""
        self.hungry = False
        self._sender = sender
        self._clock = clock
        self._schedule = tuple(settings.WEBHOOK_RETRY_SCHEDULE_S) or retry.RETRY_SCHEDULE_S
        self._deadline = timedelta(seconds=settings.WEBHOOK_TIMEOUT_S)

    @property
    def in_flight(self) -> int:
        """Give the number of requests in flight."""
        return int(self._sender.in_flight)

    def send(self, *, host_limit: int = MAX_IN_FLIGHT_PER_HOST) -> int:
        """Send for the lanes whose turn it is until none can any more; give the number of requests sent."""
        now = self._clock.now()
        sent = 0
        while self.turns and self._sender.in_flight < MAX_IN_FLIGHT_IN_ALL:
            lane = self.turns.next(host_limit=host_limit)
            if lane is None:
                break
            sent += self._send_one(lane, lane.waiting.popleft(), now=now)
            self.turns.enter(lane)
        return sent

    def collect(self, timeout_s: float) -> int:
        """Wait up to `timeout_s` for answers; give how many came."""
        finished = self._sender.poll(timeout_s)
        if finished:
            now = self._clock.now()
            for flight, response in finished:
                assert isinstance(flight, Flight)  # noqa: S101 -- narrows the key that this class gave
                self._land(flight, response, now=now)
        return len(finished)

    def abort(self) -> list[int]:
        """Break off what is in flight; give the ids of its deliveries."""
        flights = [key for key in self._sender.abort_all() if isinstance(key, Flight)]
        for flight in flights:
            self._leave(flight)
        return [flight.parcel.claimed.id for flight in flights]

    def _send_one(self, lane: Lane, parcel: Parcel, *, now: datetime) -> int:
        if parcel.until - now < self._deadline:
            self.late.append(parcel.claimed.id)  # it waited so long that its lease could end before its answer
            return 0
        if parcel.message is None or lane.subscriber is None:
            self._fail(lane, parcel, "What was to be sent cannot be read by the server.", now=now)
            return 0
        try:
            request = lane.subscriber.prepare(parcel.message, now=now)
        except Unpreparable:
            logger.exception("a request could not be prepared")
            self._fail(lane, parcel, "The request could not be prepared by the server.", now=now)
            return 0
        self._sender.submit(Flight(parcel, lane, request), request)
        self.flying.add(parcel.claimed.id)
        lane.in_flight += 1
        self.turns.sent(lane.host)
        return 1

    def _fail(self, lane: Lane, parcel: Parcel, reason: str, *, now: datetime) -> None:
        """Count an attempt that failed on our side: it is tried again on schedule, the receiver is not blamed."""
        outcome = Outcome(Verdict.RETRY, ErrorClass.PROTOCOL, reason)
        self._write(lane, parcel, outcome, None, None, now=now)

    def _leave(self, flight: Flight) -> None:
        flight.lane.in_flight -= 1
        self.flying.discard(flight.parcel.claimed.id)
        self.turns.ended(flight.lane.host)

    def _land(self, flight: Flight, response: Response, *, now: datetime) -> None:
        """Judge an answer, learn from it, and let the lane's next one go."""
        lane = flight.lane
        self._leave(flight)
        outcome = self._judge(lane, response)
        self._write(lane, flight.parcel, outcome, flight.request, response, now=now)
        silent = outcome.error in NO_ANSWER
        lane.learn(answered=not silent, duration_s=response.duration_ms / 1000)
        if outcome.verdict is Verdict.GONE or lane.silences >= REST_AFTER or _asks_for_a_pause(outcome, response):
            self.late += lane.give_up()  # the webhook will be disabled, or rest
        if lane.waiting:
            self.turns.enter(lane)
        elif lane.more:
            self.hungry = True

    def _judge(self, lane: Lane, response: Response) -> Outcome:
        subscriber = lane.subscriber
        if subscriber is None:
            return Outcome(Verdict.RETRY, response.error, response.reason)
        try:
            return subscriber.target.judge(response, subscriber.settings)
        except Exception:  # one target's mistake must not stop the others, nor have sent again what was taken
            logger.exception("an answer could not be judged; its status decides")
            return Target.judge(subscriber.target, response, subscriber.settings)

    def _write(
        self,
        lane: Lane,
        parcel: Parcel,
        outcome: Outcome,
        request: OutgoingRequest | None,
        response: Response | None,
        *,
        now: datetime,
    ) -> None:
        done = settled(
            parcel.claimed,
            outcome,
            request=request,
            response=response,
            now=now,
            spread=random.uniform(-1, 1),  # noqa: S311 -- jitter, not a secret
            plan=Plan(self._schedule, self._horizon(lane, parcel)),
        )
        self.done.append(done)
        if logger.isEnabledFor(logging.DEBUG):
            what = parcel.message.type if parcel.message else ""
            came = done.status_code or done.error
            logger.debug("delivery %-28s %s → %s (%s, %d ms)", what, done.state, done.url, came, done.duration_ms)
        delivered = outcome.verdict is Verdict.DELIVERED
        if request is None or parcel.claimed.trigger == Trigger.TEST or (delivered and lane.well):
            return
        note = Note(
            verdict=outcome.verdict,
            silent=outcome.error in NO_ANSWER,
            pause_s=outcome.retry_after_s if _asks_for_a_pause(outcome, response) else None,
            probe=lane.probing,
            exhausted=done.state == Delivery.State.FAILED,
        )
        self.notes[lane.webhook_id].append(note)
        lane.well = delivered

    def _horizon(self, lane: Lane, parcel: Parcel) -> datetime | None:
        if lane.subscriber is None or parcel.message is None:
            return None
        try:
            horizon_s = lane.subscriber.target.retry_horizon_s(lane.subscriber.settings)
        except Exception:  # as above
            logger.exception("a target could not tell its horizon")
            return None
        return None if horizon_s is None else parcel.message.occurred_at + timedelta(seconds=horizon_s)


def _asks_for_a_pause(outcome: Outcome, response: Response | None) -> bool:
    """Tell whether the receiver has had enough for a while: 429 with a Retry-After (RFC 6585 §4)."""
    return response is not None and response.status == 429 and bool(outcome.retry_after_s)

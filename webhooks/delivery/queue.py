"""What a courier holds in memory: a lane for each webhook, and whose turn it is to send."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from webhooks.delivery.claim import Claimed, Due
from webhooks.delivery.loading import Subscriber, Unpreparable
from webhooks.targets import Message

MAX_IN_FLIGHT = 8
"""Requests in flight to one webhook at the most, all couriers together."""

MAX_IN_FLIGHT_PER_HOST = 32
"""Requests in flight to one destination host at the most, all couriers together."""

FIRST_SLOTS = 2
"""Requests in flight to a webhook of which nothing is known yet: it gets one more with each success."""

MAX_AHEAD = 128
AHEAD_S = 0.1
"""How much is claimed ahead of its turn: what the webhook answers in `AHEAD_S`, at most `MAX_AHEAD`. A slow one gets
nothing ahead, so that what is claimed is sent soon, with the settings of that moment."""

SMOOTHING = 0.2


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery ready for its turn: under lease until `until`, what it tells (None: its event cannot be told)."""

    claimed: Claimed
    message: Message | None
    until: datetime


@dataclass(slots=True)
class Lane:
    """One webhook: `limit` is this courier's share of `MAX_IN_FLIGHT`, `slots` what the webhook has earned of it.

    `well`: nothing failed since its last success. `probing`: it rested, and one request decides whether it goes on.
    `more`: the last claim gave all that was asked for, so that there may be more.
    """

    webhook_id: int
    account_id: int = 0
    revision: int = 0
    host: str = ""
    well: bool = True
    probing: bool = False
    more: bool = False
    limit: int = MAX_IN_FLIGHT
    slots: int = FIRST_SLOTS
    in_flight: int = 0
    silences: int = 0
    latency_s: float | None = None
    subscriber: Subscriber | None = None
    waiting: deque[Parcel] = field(default_factory=deque)

    def may_send(self) -> bool:
        """Tell whether one more request may be in flight."""
        return self.in_flight < min(self.slots, self.limit)

    def give_up(self) -> list[int]:
        """Empty the lane of what waits; give the ids of its deliveries."""
        waiting = [parcel.claimed.id for parcel in self.waiting]
        self.waiting.clear()
        self.more = False
        return waiting

    def room(self) -> int:
        """Give how many deliveries are worth claiming now."""
        slots = min(self.slots, self.limit)
        ahead = 0 if not self.latency_s else min(int(slots * AHEAD_S / self.latency_s), MAX_AHEAD)
        ahead = MAX_AHEAD if self.latency_s == 0 else ahead
        return max(0, max(slots, ahead) - self.in_flight - len(self.waiting))

    def learn(self, *, answered: bool, duration_s: float) -> None:
        """Take a lesson from an attempt: an answer earns a slot, silence costs all but one."""
        if not answered:
            self.slots = 1
            self.silences += 1
            self.latency_s = None
            return
        self.silences = 0
        self.slots = min(self.slots + 1, MAX_IN_FLIGHT)
        if self.latency_s is None:
            self.latency_s = duration_s
        else:
            self.latency_s += SMOOTHING * (duration_s - self.latency_s)

    def adopt(self, subscriber: Subscriber | None, message: Message | None, *, now: datetime) -> None:
        """Take new settings (None: they cannot be read) and, from a first request, the host that they lead to."""
        self.subscriber = subscriber
        if subscriber is not None and message is not None:
            try:
                self.host = host_of(subscriber.prepare(message, now=now).url)
            except Unpreparable:
                self.host = ""

    def follow(self, due: Due, *, limit: int) -> None:
        """Take what the database says of the webhook's health, and this courier's share of it."""
        self.limit, self.well, self.probing = limit, due.well, due.probing
        self.account_id, self.revision = due.account_id, due.revision
        if due.probing:
            self.slots = 1


def host_of(url: str) -> str:
    """Give the destination host of a URL, as the limit per host counts it."""
    return (urlsplit(url).hostname or "").rstrip(".").lower()


class Turns:
    """The lanes that can send now, fairly ordered; those whose destination host is busy stand aside."""

    def __init__(self) -> None:
        self._accounts: dict[int, deque[Lane]] = {}
        self._standing: set[int] = set()
        self._aside: dict[str, list[Lane]] = defaultdict(list)
        self._busy: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._accounts)

    def enter(self, lane: Lane) -> None:
        """Queue a lane that has something to send and may; one that stands in the queue already stays where it is."""
        if lane.webhook_id in self._standing or not lane.waiting or not lane.may_send():
            return
        self._standing.add(lane.webhook_id)
        self._accounts.setdefault(lane.account_id, deque()).append(lane)

    def next(self, *, host_limit: int) -> Lane | None:
        """Take the next lane whose host has fewer than `host_limit` requests in flight, or None."""
        while self._accounts:
            account = next(iter(self._accounts))
            lanes = self._accounts.pop(account)
            lane = lanes.popleft()
            if lanes:
                self._accounts[account] = lanes  # to the end: the other accounts come first
            self._standing.discard(lane.webhook_id)
            if not lane.waiting or not lane.may_send():
                continue
            if self._busy[lane.host] < host_limit:
                return lane
            self._standing.add(lane.webhook_id)
            self._aside[lane.host].append(lane)
        return None

    def sent(self, host: str) -> None:
        """Count one more request in flight to `host`."""
        self._busy[host] += 1

    def ended(self, host: str) -> None:
        """Count one request less, and let those who stood aside for the host queue again."""
        self._busy[host] -= 1
        if self._busy[host] <= 0:
            del self._busy[host]
        for lane in self._aside.pop(host, ()):
            self._standing.discard(lane.webhook_id)
            self.enter(lane)

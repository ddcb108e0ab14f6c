"""Whose turn it is: accounts one after the other, and within an account its webhooks one after the other."""

from __future__ import annotations

from collections import Counter, defaultdict, deque

from webhooks.courier.lane import Lane


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

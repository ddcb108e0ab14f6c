"""Which couriers are running: they divide the limits that hold for all of them together."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from webhooks.delivery.claim import release_all_of
from webhooks.logs import Log
from webhooks.models.courier import Courier

logger = Log(logging.getLogger(__name__))

BEAT_INTERVAL = timedelta(seconds=0.25)
"""How often a courier says that it is running."""

RECOUNT_INTERVAL = timedelta(seconds=0.02)
"""How often a new courier looks whether the others have noticed it."""

CLOCK_SKEW = timedelta(seconds=0.05)
"""How far apart two couriers' readings of the database's time may be."""

MAX_WAIT = timedelta(seconds=1)
"""How long a new courier waits for the others to notice it: one that has not by then has probably died."""

DEAD_AFTER = timedelta(seconds=10)
"""How long after its last heartbeat a courier is taken for dead."""


class Heartbeat:
    """The sign of life of a courier, and its place among those running: number `rank`, from 0, of `couriers`."""

    def __init__(self, token: UUID, *, now: datetime) -> None:
        self.token = token
        self.couriers, self.rank = 1, 0
        self._started_at = self._beat_at = now
        self._noticed = False
        Courier.objects.create(token=token, seen_at=now)
        self._count_couriers(now)

    def beat(self, now: datetime) -> bool:
        """Say that this courier is running and count the others, at most once in each `BEAT_INTERVAL`.

        Return whether its share has changed.
        """
        if now - self._beat_at < BEAT_INTERVAL:
            return False
        self._beat_at, before = now, (self.couriers, self.rank)
        if not Courier.objects.filter(token=self.token).update(seen_at=now):
            Courier.objects.create(token=self.token, seen_at=now)  # it was taken for dead
        self._count_couriers(now)
        return before != (self.couriers, self.rank)

    def is_noticed(self, now: datetime) -> bool:
        """Return whether the others divide the limits with this courier by now, or have had the time to."""
        if not self._noticed and now - self._counted_at >= RECOUNT_INTERVAL:
            self._count_couriers(now)
        return self._noticed

    def share_of(self, limit: int, *, key: int = 0) -> int:
        """Return this courier's share of `limit` for the thing named `key`."""
        return share(limit, couriers=self.couriers, rank=self.rank, key=key)

    def end(self) -> None:
        """Say that this courier has stopped, so that the others take over its share."""
        Courier.objects.filter(token=self.token).delete()

    def _count_couriers(self, now: datetime) -> None:
        """Count those running; the leases of the dead end at once, after which they can settle nothing any more."""
        seen = dict(Courier.objects.values_list("token", "seen_at"))
        dead = [token for token, seen_at in seen.items() if now - seen_at >= DEAD_AFTER and token != self.token]
        if dead:
            released = release_all_of(dead)
            Courier.objects.filter(token__in=dead).delete()
            logger.warning("%d couriers died; %d deliveries are free again", len(dead), released)
        others = [seen_at for token, seen_at in seen.items() if token != self.token and token not in dead]
        counted_by_all = all(seen_at > self._started_at + CLOCK_SKEW for seen_at in others)
        self._noticed = self._noticed or counted_by_all or now - self._started_at >= MAX_WAIT
        self._counted_at = now
        running = sorted((seen.keys() | {self.token}) - set(dead))
        self.couriers, self.rank = len(running), running.index(self.token)


def share(limit: int, *, couriers: int, rank: int, key: int) -> int:
    """Return the share of `limit` (≥ 0) of the courier with `rank` among `couriers` (≥ 1), for the thing named `key`.

    The shares add up to `limit` and differ by one at the most. Which couriers have the larger share depends on `key`:
    where there are more couriers than `limit`, each has none of some things and one of others.
    """
    whole, rest = divmod(limit, couriers)
    return whole + (1 if (rank + key) % couriers < rest else 0)

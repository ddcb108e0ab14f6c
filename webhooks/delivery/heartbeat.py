"""Which couriers are at work now: they share out the limits that hold for all of them together."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from webhooks.delivery.claim import release_dead
from webhooks.logs import Log
from webhooks.models.courier import Courier

logger = Log(logging.getLogger(__name__))

BEAT = timedelta(seconds=0.25)
"""How often a courier says that it is at work."""

ASK_AGAIN = timedelta(seconds=0.02)
SKEW = timedelta(seconds=0.05)
"""How far apart two couriers' readings of the database's time may be."""

PATIENCE = timedelta(seconds=1)
"""How long a newcomer waits for the others to notice it: one that does not by then is as good as dead."""

SILENT = timedelta(seconds=10)
"""A courier that has said nothing for this long is taken for dead."""


class Crew:
    """One courier's place among the couriers: `size` of them, `rank` from 0."""

    def __init__(self, token: UUID, *, now: datetime) -> None:
        self.token = token
        self.size, self.rank = 1, 0
        self._joined_at = self._beat_at = now
        Courier.objects.create(token=token, seen_at=now)
        self._known = False
        self._muster(now)

    def beat(self, now: datetime) -> None:
        """Say that this courier is at work and count the others, at most once each `BEAT`."""
        if now - self._beat_at < BEAT:
            return
        self._beat_at = now
        if not Courier.objects.filter(token=self.token).update(seen_at=now):
            Courier.objects.create(token=self.token, seen_at=now)  # it was taken for dead
        self._muster(now)

    def may_send(self, now: datetime) -> bool:
        """Tell whether the others know by now that they share with this courier, or have had the time to learn it."""
        if not self._known and now - self._mustered_at >= ASK_AGAIN:
            self._muster(now)
        return self._known

    def leave(self) -> None:
        """Say that this courier is gone, so that the others take its share."""
        Courier.objects.filter(token=self.token).delete()

    def _muster(self, now: datetime) -> None:
        """Count the living, and free at once what the dead held: one that was only slow settles nothing any more."""
        seen = dict(Courier.objects.values_list("token", "seen_at"))
        dead = [token for token, seen_at in seen.items() if now - seen_at >= SILENT and token != self.token]
        if dead:
            freed = release_dead(dead)
            Courier.objects.filter(token__in=dead).delete()
            logger.warning("%d couriers died; %d deliveries are free again", len(dead), freed)
        others = [seen_at for token, seen_at in seen.items() if token != self.token and token not in dead]
        met = all(seen_at > self._joined_at + SKEW for seen_at in others)
        self._known = self._known or met or now - self._joined_at >= PATIENCE
        self._mustered_at = now
        living = sorted((seen.keys() | {self.token}) - set(dead))
        self.size, self.rank = len(living), living.index(self.token)


def share(limit: int, *, couriers: int, rank: int, key: int) -> int:
    """Give the part of `limit` (≥ 0) of the courier with `rank` among `couriers` (≥ 1), for the thing named `key`.

    The parts add up to `limit`. Which couriers have one more than the others, or any at all when there are more
    couriers than `limit`, turns with `key`, so that none is left out everywhere.
    """
    whole, rest = divmod(limit, couriers)
    return whole + (1 if (rank + key) % couriers < rest else 0)

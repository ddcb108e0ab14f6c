"""When to try a delivery again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

RETRY_SCHEDULE_S: tuple[int, ...] = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Seconds to wait after the 1st, 2nd, … failure (Standard Webhooks 1.0, "Deliverability and reliability")."""

JITTER = 0.2
"""Share of the delay spread at random on each side, so that a burst of failures does not come back as a burst."""

RETRY_AFTER_MAX_S = 86400.0
"""Seconds that a receiver's Retry-After can push an attempt back at the most: a day."""


def next_attempt_at(
    *,
    failures: int,
    now: datetime,
    spread: float,
    retry_after_s: float | None = None,
    schedule_s: Sequence[int] = RETRY_SCHEDULE_S,
    horizon: datetime | None = None,
) -> datetime | None:
    """Return the time of the next attempt after `failures` (≥ 1) failed ones, or None when the schedule is exhausted.

    `spread` is uniform in [-1, 1]. A receiver's Retry-After can only push the attempt back, at most by a day. An
    attempt that would come after `horizon`, when the target no longer accepts so old an event, is not made.
    """
    if failures > len(schedule_s):
        return None
    delay_s = schedule_s[failures - 1] * (1 + JITTER * spread)
    if retry_after_s is not None:
        delay_s = max(delay_s, min(retry_after_s, RETRY_AFTER_MAX_S))
    at = now + timedelta(seconds=delay_s)
    return None if horizon is not None and at > horizon else at

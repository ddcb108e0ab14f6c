"""The circuit breaker: when a webhook rests, and when it is given up, from the outcomes of its attempts."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

REST_AFTER = 5
"""Transport failures or timeouts in a row after which a webhook rests."""

REST_MIN_S = 30.0
REST_MAX_S = 600.0
"""Seconds of the first rest, doubled each time in a row, and of the longest."""

DISABLE_AFTER = timedelta(days=5)
DISABLE_AFTER_ATTEMPTS = 20
"""Without a success for this long, and over this many failed attempts, a webhook is disabled."""


@dataclass(frozen=True, slots=True)
class Health:
    """The health fields of a webhook, as `webhooks.models.Webhook` describes them."""

    failures: int = 0
    failed_attempts: int = 0
    failing_since: datetime | None = None
    rests: int = 0
    resting_until: datetime | None = None

    @property
    def healthy(self) -> bool:
        """Whether nothing has failed since the last success."""
        return self.failing_since is None and self.rests == 0 and self.failures == 0

    def pause_at(self, now: datetime) -> datetime | None:
        """Return the end of a pause that the receiver asked for, if it lasts: what was in flight does not end it."""
        return self.resting_until if self.rests == 0 and self.resting_until and self.resting_until > now else None


def after_success(health: Health, *, now: datetime) -> Health:
    """Return the health after a success at `now`: everything that failed is forgotten."""
    return health if health.healthy and health.resting_until is None else Health(resting_until=health.pause_at(now))


def after_failure(
    health: Health, *, now: datetime, transport: bool, pause_s: float | None = None, probe: bool = False
) -> Health:
    """Return the health after an attempt that failed at `now`.

    `transport`: no answer came (refused, reset, timed out…); an answer, even a bad one, closes the breaker.
    `pause_s`: the receiver asked for a pause (429 with Retry-After), which rests the webhook for as long, at most
    `REST_MAX_S`. `probe`: the attempt was the one after a rest that decides whether another rest follows.
    """
    failing = replace(
        health,
        failures=health.failures + 1 if transport else 0,
        failed_attempts=health.failed_attempts + 1,
        failing_since=health.failing_since or now,
    )
    if not transport:
        pause_until = now + timedelta(seconds=min(pause_s, REST_MAX_S)) if pause_s else health.pause_at(now)
        return replace(failing, rests=0, resting_until=pause_until)
    if failing.rests == 0 and failing.failures < REST_AFTER:
        return failing
    if health.resting_until is not None and health.resting_until > now and not probe:
        return failing  # the request was sent before the rest began: one rest is enough
    rest = timedelta(seconds=min(REST_MIN_S * 2**failing.rests, REST_MAX_S))
    return replace(failing, rests=min(failing.rests + 1, 10), resting_until=now + rest)


def given_up(health: Health, *, now: datetime) -> bool:
    """Return whether the webhook has failed for so long and so often that it is to be disabled."""
    return (
        health.failing_since is not None
        and now - health.failing_since >= DISABLE_AFTER
        and health.failed_attempts >= DISABLE_AFTER_ATTEMPTS
    )

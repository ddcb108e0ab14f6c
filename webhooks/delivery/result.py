"""From an answer to what is written of it: the attempt, and the new state of its delivery; no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from webhooks.delivery import retry
from webhooks.delivery.claim import Job
from webhooks.egress import NOTHING_SECRET, ErrorClass, Response, echoes_of, shown_headers, shown_url
from webhooks.models.delivery import Delivery, Trigger
from webhooks.models.event import new_id
from webhooks.targets import Outcome, Verdict

MAX_HEADERS_CHARS = 16 * 1024
"""Characters kept of an answer's headers."""

NO_ANSWER = frozenset({ErrorClass.DNS, ErrorClass.CONNECT, ErrorClass.TLS, ErrorClass.TIMEOUT, ErrorClass.PROTOCOL})
"""Errors that say the receiver does not work as a transport: they open the breaker."""

Headers = tuple[tuple[str, str], ...]


@dataclass(slots=True)  # not frozen: that would make it thrice as slow to build, at each delivery
class Result:
    """What became of a job: the new state of its delivery, and the attempt as it is stored and shown."""

    delivery_id: int
    state: str
    failures: int
    next_attempt_at: datetime | None
    trigger: str
    started_at: datetime
    duration_ms: int
    url: str
    request_headers: Headers
    status_code: int | None
    error: str
    reason: str
    response_headers: Headers
    response_body: str
    truncated: bool
    attempt_id: UUID = field(default_factory=new_id)


def result_of(
    job: Job,
    outcome: Outcome,
    response: Response | None,
    *,
    now: datetime,
    spread: float,
    schedule_s: tuple[int, ...],
    horizon: datetime | None = None,
) -> Result:
    """Return the result of a job that ended at `now` with `outcome`.

    Without a request none could be prepared; without a response none was sent. `spread`, `schedule_s` and `horizon`
    say when to try again after a failure: see `retry.next_attempt_at`.
    """
    state, failures, next_attempt_at = _next(
        job, outcome, now=now, spread=spread, schedule_s=schedule_s, horizon=horizon
    )
    request = job.request
    echoes = echoes_of(request) if request else NOTHING_SECRET
    duration_ms = response.duration_ms if response else 0
    return Result(
        delivery_id=job.delivery_id,
        state=state,
        failures=failures,
        next_attempt_at=next_attempt_at,
        trigger=job.trigger,
        started_at=now - timedelta(milliseconds=duration_ms),
        duration_ms=duration_ms,
        url=shown_url(request)[:2100] if request else "",
        request_headers=shown_headers(request) if request else (),
        status_code=response.status if response else None,
        error=str(outcome.error or ""),
        reason=echoes.masked(outcome.reason).replace("\0", "\ufffd")[:300],
        response_headers=_stored_headers(echoes.masked_headers(response.headers)) if response else (),
        response_body=echoes.masked_body(response) if response else "",
        truncated=response.truncated if response else False,
    )


def _next(
    job: Job,
    outcome: Outcome,
    *,
    now: datetime,
    spread: float,
    schedule_s: tuple[int, ...],
    horizon: datetime | None,
) -> tuple[str, int, datetime | None]:
    """Return the delivery's state, its failures so far and the time of its next attempt."""
    if outcome.verdict is Verdict.DELIVERED:
        return Delivery.State.DELIVERED, job.failures, None
    failures = job.failures + 1
    if outcome.verdict is not Verdict.RETRY or job.trigger == Trigger.TEST:
        return Delivery.State.FAILED, failures, None
    at = retry.next_attempt_at(
        failures=failures,
        now=now,
        spread=spread,
        retry_after_s=outcome.retry_after_s,
        schedule_s=schedule_s,
        horizon=horizon,
    )
    return (Delivery.State.FAILED, failures, None) if at is None else (Delivery.State.PENDING, failures, at)


def _stored_headers(headers: Headers) -> Headers:
    """Return the headers of an answer that are stored: without NULs, up to `MAX_HEADERS_CHARS`."""
    stored: list[tuple[str, str]] = []
    left = MAX_HEADERS_CHARS
    for name, value in headers:
        left -= len(name) + len(value)
        if left < 0:
            break
        stored.append((name.replace("\0", "\ufffd"), value.replace("\0", "\ufffd")))
    return tuple(stored)

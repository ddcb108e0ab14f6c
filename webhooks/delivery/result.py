"""From an answer to what is written down: the target judges, the schedule says when to try again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from webhooks.delivery import retry
from webhooks.delivery.claim import Claimed
from webhooks.delivery.settle import Settled
from webhooks.egress import ErrorClass, OutgoingRequest, Response, mask_url, text
from webhooks.models.delivery import Delivery, Trigger
from webhooks.targets import Outcome, Verdict

MASK = "•••"
MAX_HEADERS_CHARS = 16 * 1024
"""Characters kept of an answer's headers."""

NO_ANSWER = frozenset({ErrorClass.DNS, ErrorClass.CONNECT, ErrorClass.TLS, ErrorClass.TIMEOUT, ErrorClass.PROTOCOL})
"""Errors that say the receiver does not work as a transport: they open the breaker."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a delivery goes on after a failure: the schedule in use, and when its target takes it no more."""

    schedule_s: tuple[int, ...]
    horizon: datetime | None = None


def settled(
    claimed: Claimed,
    outcome: Outcome,
    *,
    request: OutgoingRequest | None,
    response: Response | None,
    now: datetime,
    spread: float,
    plan: Plan,
) -> Settled:
    """Give what to write down of an attempt that ended at `now`; without a request nothing could be prepared."""
    state, failures, next_attempt_at = _next(claimed, outcome, now=now, spread=spread, plan=plan)
    duration_ms = response.duration_ms if response else 0
    return Settled(
        delivery_id=claimed.id,
        state=state,
        failures=failures,
        next_attempt_at=next_attempt_at,
        trigger=claimed.trigger,
        started_at=now - timedelta(milliseconds=duration_ms),
        duration_ms=duration_ms,
        url=mask_url(request.url, secret_params=request.secret_params)[:2100] if request else "",
        request_headers=masked_headers(request) if request else (),
        status_code=response.status if response else None,
        error=str(outcome.error or ""),
        reason=outcome.reason.replace("\0", "\ufffd")[:300],
        response_headers=_kept(response.headers) if response else (),
        response_body=text(response.body) if response else "",
        truncated=response.truncated if response else False,
    )


def masked_headers(request: OutgoingRequest) -> tuple[tuple[str, str], ...]:
    """Give the headers of a request as they are shown: the secret ones masked."""
    if not request.secret_headers:
        return request.headers
    return tuple((name, MASK if name.lower() in request.secret_headers else value) for name, value in request.headers)


def _next(
    claimed: Claimed, outcome: Outcome, *, now: datetime, spread: float, plan: Plan
) -> tuple[str, int, datetime | None]:
    """Give the state, the failures so far and the time of the next attempt."""
    if outcome.verdict is Verdict.DELIVERED:
        return Delivery.State.DELIVERED, claimed.failures, None
    failures = claimed.failures + 1
    if outcome.verdict is not Verdict.RETRY or claimed.trigger == Trigger.TEST:
        return Delivery.State.FAILED, failures, None
    at = retry.next_attempt_at(
        failures=failures,
        now=now,
        spread=spread,
        retry_after_s=outcome.retry_after_s,
        schedule_s=plan.schedule_s,
        horizon=plan.horizon,
    )
    return (Delivery.State.FAILED, failures, None) if at is None else (Delivery.State.PENDING, failures, at)


def _kept(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Give the headers of an answer that are stored: without NULs, up to `MAX_HEADERS_CHARS`."""
    kept: list[tuple[str, str]] = []
    left = MAX_HEADERS_CHARS
    for name, value in headers:
        left -= len(name) + len(value)
        if left < 0:
            break
        kept.append((name.replace("\0", "\ufffd"), value.replace("\0", "\ufffd")))
    return tuple(kept)

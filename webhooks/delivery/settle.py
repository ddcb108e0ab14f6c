"""Write down what became of deliveries: an attempt each, and the state that follows from it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from uuid import UUID

import orjson
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from webhooks.delivery.sql import prepared_cursor
from webhooks.logs import Log
from webhooks.models import Attempt, Delivery
from webhooks.models.event import new_id

logger = Log(logging.getLogger(__name__))

Headers = tuple[tuple[str, str], ...]

UNSTORABLE = (DatabaseError, ValueError, TypeError)
"""What the database, its driver or the JSON encoder raises for what it does not take."""


@dataclass(slots=True)  # not frozen: that would make it thrice as slow to build, at each delivery
class Settled:
    """What became of one delivery: its new state, and the attempt that led to it as it is to be shown."""

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


# Everything in one statement: the attempts of a lost lease are kept, its delivery is left alone. A delivery that was
# purged meanwhile takes nothing. Only what is pending has a lease, so the token is condition enough: a condition on
# the state would tempt the planner to walk the index of all that is pending. One JSON document carries the batch: the
# cheapest way to pass it, on both sides. Alone, it needs no BEGIN and COMMIT around it.
SETTLE_POSTGRESQL = """
WITH done AS (
    SELECT * FROM json_to_recordset(%s::json) AS t(
        attempt_id uuid, delivery_id bigint, state text, failures int, next_attempt_at timestamptz, trigger text,
        started_at timestamptz, duration_ms int, url text, request_headers jsonb, status_code smallint, error text,
        reason text, response_headers jsonb, response_body text, truncated boolean
    )
), stored AS (
    INSERT INTO webhooks_attempt (id, delivery_id, trigger, started_at, duration_ms, url, request_headers, status_code,
                                  error, reason, response_headers, response_body, truncated)
    SELECT attempt_id, delivery_id, done.trigger, started_at, duration_ms, url, request_headers,
           done.status_code, done.error, reason, response_headers, response_body, truncated
    FROM done JOIN webhooks_delivery d ON d.id = done.delivery_id
)
UPDATE webhooks_delivery d
SET state = done.state, failures = done.failures, attempt_count = d.attempt_count + 1,
    next_attempt_at = done.next_attempt_at, status_code = done.status_code, error = done.error,
    trigger = CASE WHEN done.state = 'pending' THEN 'automatic' ELSE d.trigger END,
    settled_at = CASE WHEN done.state = 'pending' THEN NULL ELSE %s::timestamptz END,
    lease_token = NULL, leased_until = NULL
FROM done WHERE d.id = done.delivery_id AND d.lease_token = %s
"""


def settle(batch: Sequence[Settled], *, token: UUID, now: datetime) -> int:
    """Settle what `token` still holds and keep every attempt; give the number of deliveries settled.

    What cannot be stored of an attempt never keeps its delivery from being settled, or it would be sent again.
    """
    if not batch:
        return 0
    try:
        return _write(batch, token=token, now=now)
    except UNSTORABLE:
        if connection.connection is None or not connection.is_usable():
            raise  # the database is away: the caller tries the same batch again
        logger.exception("a batch of %d could not be settled whole; settling one by one", len(batch))
    return sum(_settle_one(settled, token=token, now=now) for settled in batch)


def _settle_one(settled: Settled, *, token: UUID, now: datetime) -> int:
    """Settle one delivery, without what its receiver sent, or without any attempt, if the database refuses those."""
    bare = replace(
        settled, url="", request_headers=(), reason="", response_headers=(), response_body="", truncated=True
    )
    for write in (partial(_write, [settled]), partial(_write, [bare]), partial(_update, settled)):
        try:
            return write(token=token, now=now)
        except UNSTORABLE:
            logger.exception("delivery %s could not be settled in full", settled.delivery_id)
    return 0


def _write(batch: Sequence[Settled], *, token: UUID, now: datetime) -> int:
    if connection.vendor == "postgresql":
        with prepared_cursor() as cursor:
            cursor.execute(SETTLE_POSTGRESQL, [orjson.dumps(batch).decode(), now, token])
            return int(cursor.rowcount)
    with transaction.atomic():
        existing = set(Delivery.objects.filter(pk__in=[s.delivery_id for s in batch]).values_list("pk", flat=True))
        Attempt.objects.bulk_create([_attempt(s) for s in batch if s.delivery_id in existing])
        return sum(_update(s, token=token, now=now) for s in batch)


def _attempt(s: Settled) -> Attempt:
    return Attempt(
        id=s.attempt_id,
        delivery_id=s.delivery_id,
        trigger=s.trigger,
        started_at=s.started_at,
        duration_ms=s.duration_ms,
        url=s.url,
        request_headers=s.request_headers,
        status_code=s.status_code,
        error=s.error,
        reason=s.reason,
        response_headers=s.response_headers,
        response_body=s.response_body,
        truncated=s.truncated,
    )


def _update(s: Settled, *, token: UUID, now: datetime) -> int:
    pending = s.state == Delivery.State.PENDING
    held = Delivery.objects.filter(pk=s.delivery_id, lease_token=token)
    return held.update(
        state=s.state,
        failures=s.failures,
        attempt_count=F("attempt_count") + 1,
        next_attempt_at=s.next_attempt_at,
        status_code=s.status_code,
        error=s.error,
        settled_at=None if pending else now,
        lease_token=None,
        leased_until=None,
        **({"trigger": "automatic"} if pending else {}),
    )

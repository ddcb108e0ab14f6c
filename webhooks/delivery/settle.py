"""Write results to the database, in batches: an attempt each, and the new state of its delivery."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

import orjson
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from webhooks.delivery import claim, health
from webhooks.delivery.health import AttemptReport
from webhooks.delivery.result import Result
from webhooks.delivery.sql import prepared_cursor
from webhooks.logs import Log
from webhooks.models import Attempt, Delivery
from webhooks.models.delivery import NO_LEASE, Trigger

logger = Log(logging.getLogger(__name__))

MAX_BATCH = 100
MAX_WAIT_S = 0.02
"""Results are written in batches of so many, or so long after the first of them."""

UNSTORABLE = (DatabaseError, ValueError, TypeError)
"""What the database, its driver or the JSON encoder raises for a value that cannot be stored."""


class ResultBuffer:
    """Results, reports on webhooks, and deliveries to release; what the database did not take stays for the next time.

    `settled` and `released` count the deliveries so far.
    """

    def __init__(self, token: UUID) -> None:
        self.settled = self.released = 0
        self._token = token
        self._results: list[Result] = []
        self._reports: dict[int, list[AttemptReport]] = defaultdict(list)
        self._unsent: list[int] = []
        self._filled_s: float | None = None
        self._is_urgent = False

    def __bool__(self) -> bool:
        """Whether results wait here."""
        return bool(self._results)

    def add(self, result: Result) -> None:
        """Take the result of a job."""
        self._results.append(result)

    def report(self, webhook_id: int, report: AttemptReport) -> None:
        """Take what an attempt says of the health of its webhook."""
        self._reports[webhook_id].append(report)

    def release(self, delivery_ids: Iterable[int]) -> None:
        """Take deliveries that were not sent, so that their leases end."""
        self._unsent += delivery_ids

    def hurry(self) -> None:
        """Write what is in here before anything more is claimed: a webhook is to get nothing for a while, or ever."""
        self._is_urgent = True

    def delivery_ids(self) -> set[int]:
        """Return the deliveries that this courier still holds because of what is in here."""
        return {*self._unsent, *(result.delivery_id for result in self._results)}

    def is_due(self, *, is_last: bool) -> bool:
        """Return whether to `flush` now; `is_last`: nothing more will be added soon."""
        if not self._results:
            return bool(self._unsent)
        now = time.monotonic()
        if self._filled_s is None:
            self._filled_s = now
        return is_last or self._is_urgent or len(self._results) >= MAX_BATCH or now - self._filled_s >= MAX_WAIT_S

    def flush(self, *, now: datetime) -> bool:
        """Write everything; return whether deliveries were released, which are due again."""
        if self._results:
            self.settled += settle(self._results, token=self._token, now=now)
            self._results.clear()
            self._filled_s, self._is_urgent = None, False
        released = bool(self._unsent)
        if released:  # before the reports: if these disable the webhook, it skips the released deliveries, too
            self.released += claim.release(self._unsent, token=self._token)
            self._unsent.clear()
        if self._reports:
            health.update_health(self._reports, now=now)
            self._reports.clear()
        return released


# One statement, so that it needs no BEGIN and COMMIT around it. When a lease was lost, the attempt is kept and the
# delivery left alone; when a delivery was purged meanwhile, nothing is written. Only a pending delivery has a lease, so
# that the token is condition enough: one on the state as well would tempt the planner to walk the whole index of
# pending deliveries. The batch is passed as one JSON document: that costs least, here and in the database.
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


def settle(batch: Sequence[Result], *, token: UUID, now: datetime) -> int:
    """Store every attempt and update the deliveries that are still leased to `token`; return how many these were.

    An attempt that cannot be stored does not keep its delivery from being updated: it would be sent again.
    """
    if not batch:
        return 0
    try:
        return _write(batch, token=token, now=now)
    except UNSTORABLE:
        if connection.connection is None or not connection.is_usable():
            raise  # the database is away: the caller tries the same batch again
        logger.exception("a batch of %d could not be settled whole; settling one by one", len(batch))
    return sum(_settle_one(result, token=token, now=now) for result in batch)


def _settle_one(result: Result, *, token: UUID, now: datetime) -> int:
    """Settle one delivery; if the database refuses it, without what the receiver sent, or else without its attempt."""
    bare = replace(result, url="", request_headers=(), reason="", response_headers=(), response_body="", truncated=True)
    for write in (partial(_write, [result]), partial(_write, [bare]), partial(_update, result)):
        try:
            return write(token=token, now=now)
        except UNSTORABLE:
            logger.exception("delivery %s could not be settled in full", result.delivery_id)
    return 0


def _write(batch: Sequence[Result], *, token: UUID, now: datetime) -> int:
    if connection.vendor == "postgresql":
        with prepared_cursor() as cursor:
            cursor.execute(SETTLE_POSTGRESQL, [orjson.dumps(batch).decode(), now, token])
            return int(cursor.rowcount)
    with transaction.atomic():
        existing = set(Delivery.objects.filter(pk__in=[r.delivery_id for r in batch]).values_list("pk", flat=True))
        Attempt.objects.bulk_create([_attempt(result) for result in batch if result.delivery_id in existing])
        return sum(_update(result, token=token, now=now) for result in batch)


def _attempt(result: Result) -> Attempt:
    return Attempt(
        id=result.attempt_id,
        delivery_id=result.delivery_id,
        trigger=result.trigger,
        started_at=result.started_at,
        duration_ms=result.duration_ms,
        url=result.url,
        request_headers=result.request_headers,
        status_code=result.status_code,
        error=result.error,
        reason=result.reason,
        response_headers=result.response_headers,
        response_body=result.response_body,
        truncated=result.truncated,
    )


def _update(result: Result, *, token: UUID, now: datetime) -> int:
    pending = result.state == Delivery.State.PENDING
    held = Delivery.objects.filter(pk=result.delivery_id, lease_token=token)
    return held.update(
        state=result.state,
        failures=result.failures,
        attempt_count=F("attempt_count") + 1,
        next_attempt_at=result.next_attempt_at,
        status_code=result.status_code,
        error=result.error,
        settled_at=None if pending else now,
        **NO_LEASE,
        **({"trigger": Trigger.AUTOMATIC} if pending else {}),
    )

"""Take deliveries that are due under a lease, so that no two couriers hold the same one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from webhooks.delivery.sql import prepared_cursor
from webhooks.models import Delivery, Event, Webhook

LEASE_MARGIN = timedelta(seconds=30)
"""How much longer a lease lasts than an attempt's deadline: the wait for its turn, and for the settling after it."""

WEBHOOKS_PER_ROUND = 500
"""Webhooks looked at in one round; the next round goes on from there."""


@dataclass(frozen=True, slots=True)
class Due:
    """A webhook that has pending deliveries, with what decides whether they may be claimed."""

    webhook_id: int
    account_id: int
    revision: int
    alive: bool
    enabled: bool
    resting_until: datetime | None
    probing: bool
    well: bool
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery under lease."""

    id: int
    event_id: UUID
    webhook_id: int
    failures: int
    trigger: str
    attempt_count: int


# The webhooks that have pending deliveries, found by hopping from one to the next in the partial index
# `delivery_pending`: the cost grows with the number of such webhooks, never with their backlog nor with history.
DUE_SQL = """
WITH RECURSIVE pending(id, n) AS (
    SELECT (SELECT MIN(webhook_id) FROM webhooks_delivery WHERE state = 'pending' AND webhook_id > %(cursor)s), 1
    UNION ALL
    SELECT (SELECT MIN(webhook_id) FROM webhooks_delivery WHERE state = 'pending' AND webhook_id > pending.id), n + 1
    FROM pending WHERE pending.id IS NOT NULL AND n < %(most)s
)
SELECT w.id, w.account_id, w.revision, w.deleted_at IS NULL, w.enabled, w.resting_until, w.rests > 0,
       w.failing_since IS NULL AND w.failures = 0 AND w.rests = 0 AND w.resting_until IS NULL,
       (SELECT MIN(d.next_attempt_at) FROM webhooks_delivery d
        WHERE d.webhook_id = w.id AND d.state = 'pending')
FROM pending JOIN webhooks_webhook w ON w.id = pending.id
"""

CLAIM_POSTGRESQL = """
WITH picked AS (
    SELECT due.id FROM unnest(%(webhooks)s::bigint[], %(wants)s::int[]) AS want(webhook_id, n) CROSS JOIN LATERAL (
        SELECT d.id FROM webhooks_delivery d
        WHERE d.webhook_id = want.webhook_id AND d.state = 'pending' AND d.next_attempt_at <= %(now)s
          AND (d.leased_until IS NULL OR d.leased_until <= %(now)s)
        ORDER BY d.next_attempt_at LIMIT want.n FOR UPDATE SKIP LOCKED
    ) AS due
)
UPDATE webhooks_delivery d SET lease_token = %(token)s, leased_until = %(until)s
FROM picked WHERE d.id = picked.id
RETURNING d.id, d.event_id, d.webhook_id, d.failures, d.trigger, d.attempt_count
"""


def look(after: int) -> list[Due]:
    """Give up to `WEBHOOKS_PER_ROUND` webhooks with pending deliveries, by id, from the first one above `after`."""
    with prepared_cursor() as cursor:
        cursor.execute(DUE_SQL, {"cursor": after, "most": WEBHOOKS_PER_ROUND})
        return [_due(row) for row in cursor.fetchall()]


def claim(wants: Mapping[int, int], *, token: UUID, now: datetime, until: datetime) -> list[Claimed]:
    """Lease to `token`, `until` then, up to `wants[webhook id]` deliveries of each webhook, the longest due first."""
    if not wants:
        return []
    if connection.vendor == "postgresql":
        params: dict[str, Any] = {
            "webhooks": list(wants),
            "wants": list(wants.values()),
            "token": token,
            "now": now,
            "until": until,
        }
        with prepared_cursor() as cursor:
            cursor.execute(CLAIM_POSTGRESQL, params)
            return [Claimed(*row) for row in cursor.fetchall()]
    with transaction.atomic():  # SQLite has one writer at a time: what is read here is still so when it is written
        claimed: list[Claimed] = []
        for webhook_id, most in wants.items():
            due = Delivery.objects.due(now).filter(webhook=webhook_id).order_by("next_attempt_at")[:most]
            claimed += [Claimed(d.pk, d.event_id, d.webhook_id, d.failures, d.trigger, d.attempt_count) for d in due]
        Delivery.objects.filter(pk__in=[c.id for c in claimed]).update(lease_token=token, leased_until=until)
    return claimed


def give_back(ids: list[int], *, token: UUID) -> int:
    """End the lease of deliveries that were not sent: they are due again at once. Give their number."""
    held = Delivery.objects.filter(pk__in=ids, lease_token=token)  # only what is pending has a lease
    return held.update(lease_token=None, leased_until=None)


def release_unheld(held: Collection[int], *, token: UUID) -> int:
    """End the leases of `token` on what it does not hold: a claim was made, but its answer was lost on the way."""
    lost = Delivery.objects.filter(state=Delivery.State.PENDING, lease_token=token).exclude(pk__in=held)
    return lost.update(lease_token=None, leased_until=None)


def withdraw(due: Due, *, now: datetime) -> int:
    """Settle the waiting deliveries of a webhook that was disabled (skipped) or deleted (cancelled) meanwhile."""
    state = Delivery.State.SKIPPED if due.alive else Delivery.State.CANCELLED
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    waiting = Delivery.objects.filter(free, webhook=due.webhook_id, state=Delivery.State.PENDING).exclude(
        trigger="test"
    )
    return waiting.update(state=state, settled_at=now, next_attempt_at=None, lease_token=None, leased_until=None)


def _native(value: Any) -> Any:  # Any: what the drivers give
    """Give times as aware ones: SQLite's come as text from an expression, naive from a column, always in UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _due(row: tuple[Any, ...]) -> Due:  # Any: what the drivers give
    """Read a row of DUE_SQL; SQLite gives truths as numbers."""
    webhook_id, account_id, revision, alive, enabled, resting_until, probing, well, due_at = map(_native, row)
    return Due(
        webhook_id, account_id, revision, bool(alive), bool(enabled), resting_until, bool(probing), bool(well), due_at
    )


def begin_probe(webhook_id: int, *, now: datetime, until: datetime) -> bool:
    """Let one courier, and only one, probe a webhook whose rest is over; the others see it rest `until` then."""
    rested = Webhook.objects.filter(pk=webhook_id, resting_until__lte=now)
    return rested.update(resting_until=until) == 1


def release_dead(tokens: list[UUID]) -> int:
    """End the leases of couriers that are dead; give the number of deliveries that are free again."""
    held = Delivery.objects.filter(state=Delivery.State.PENDING, lease_token__in=tokens)
    return held.update(lease_token=None, leased_until=None)


def anything_due() -> bool:
    """Tell whether there is anything for a courier: a new event, or a delivery that is due. Cheap when there is not."""
    if Event.objects.filter(fanned_out_at__isnull=True).exists():
        return True
    now, after = timezone.now(), 0
    while dues := look(after):
        if any(due.due_at <= now for due in dues):
            return True
        after = dues[-1].webhook_id
    return False

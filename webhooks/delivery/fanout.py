"""Turn new events into deliveries, one for each webhook that subscribes to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from webhooks.delivery.sql import prepared_cursor
from webhooks.models import Delivery, Event, Webhook
from webhooks.models.webhook import matching

MAX_EVENTS = 500
"""Events taken at once, an equal share of each account that has some."""

MAX_DELIVERIES = 2000
"""Deliveries inserted in one transaction at the most, unless a single event needs more: sending waits some 20 ms for
it."""

# The accounts that have events to fan out, found by hopping from one to the next in the partial index: the cost
# grows with their number, not with their events. One with 100,000 events waiting has no larger share than another.
ACCOUNTS_SQL = """
WITH RECURSIVE waiting(id) AS (
    SELECT (SELECT MIN(account_id) FROM webhooks_event WHERE fanned_out_at IS NULL)
    UNION ALL
    SELECT (SELECT MIN(account_id) FROM webhooks_event WHERE fanned_out_at IS NULL AND account_id > waiting.id)
    FROM waiting WHERE waiting.id IS NOT NULL
)
SELECT id FROM waiting WHERE id IS NOT NULL
"""


TAKE_POSTGRESQL = """
SELECT taken.* FROM unnest(%(accounts)s::bigint[]) AS account(id) CROSS JOIN LATERAL (
    SELECT id, account_id, type, resource_type, resource_id FROM webhooks_event
    WHERE account_id = account.id AND fanned_out_at IS NULL ORDER BY id LIMIT %(per_account)s FOR UPDATE SKIP LOCKED
) AS taken
"""
TAKE_SQLITE = """
SELECT id, account_id, type, resource_type, resource_id FROM webhooks_event
WHERE account_id = %s AND fanned_out_at IS NULL ORDER BY id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """The part of an event that decides to which webhooks it goes."""

    id: UUID
    account_id: int
    type: str
    resource: str


@dataclass(frozen=True, slots=True)
class FannedOut:
    """How many events became deliveries, and for which webhooks."""

    events: int = 0
    webhook_ids: frozenset[int] = frozenset()


def fan_out(now: datetime) -> FannedOut:
    """Insert the deliveries of the oldest new events of each account, and return what was done.

    No two couriers take the same event, and an event is marked in the transaction that inserts its deliveries.
    """
    with prepared_cursor() as cursor:
        cursor.execute(ACCOUNTS_SQL)
        accounts = [row[0] for row in cursor.fetchall()]
    if not accounts:
        return FannedOut()
    with transaction.atomic():
        events = _take(accounts)
        done, pairs = _match(events)
        _insert(pairs, done=done, now=now)
    return FannedOut(len(done), frozenset(webhook_id for _event, webhook_id, _enabled in pairs))


def _take(accounts: Sequence[int]) -> list[NewEvent]:
    """Lock and return the oldest new events of each account, an equal share of each."""
    accounts = accounts[:MAX_EVENTS]
    per_account = max(1, MAX_EVENTS // len(accounts))
    with prepared_cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(TAKE_POSTGRESQL, {"accounts": list(accounts), "per_account": per_account})
            rows = cursor.fetchall()
        else:
            rows = []
            for account in accounts:
                cursor.execute(TAKE_SQLITE, [account, per_account])
                rows += [(UUID(row[0]), *row[1:]) for row in cursor.fetchall()]
    return [NewEvent(id=r[0], account_id=r[1], type=r[2], resource=f"{r[3]}:{r[4]}") for r in rows]


def _match(events: Sequence[NewEvent]) -> tuple[list[UUID], list[tuple[UUID, int, bool]]]:
    """Return the events that fit in one transaction, and their deliveries: (event id, webhook id, whether enabled)."""
    by_account: dict[int, list[Webhook]] = defaultdict(list)
    accounts = {event.account_id for event in events}
    for webhook in (
        Webhook.objects.alive()
        .filter(account__in=accounts)
        .only("id", "account_id", "event_types", "resources", "enabled")
    ):
        by_account[webhook.account_id].append(webhook)
    done: list[UUID] = []
    pairs: list[tuple[UUID, int, bool]] = []
    for event in events:
        matched = matching(by_account[event.account_id], event_type=event.type, resource=event.resource)
        if done and len(pairs) + len(matched) > MAX_DELIVERIES:
            break
        done.append(event.id)
        pairs.extend((event.id, webhook.pk, webhook.enabled) for webhook in matched)
    return done, pairs


def _insert(pairs: Sequence[tuple[UUID, int, bool]], *, done: Sequence[UUID], now: datetime) -> None:
    """Insert the deliveries: pending ones, and skipped ones for the webhooks that are disabled; mark their events."""
    if connection.vendor == "postgresql":
        params: dict[str, Any] = {
            "events": [event for event, _, _ in pairs],
            "webhooks": [webhook for _, webhook, _ in pairs],
            "enabled": [enabled for _, _, enabled in pairs],
            "done": list(done),
            "now": now,
        }
        with prepared_cursor() as cursor:
            cursor.execute(INSERT_POSTGRESQL, params)
        return
    Delivery.objects.bulk_create(
        [
            Delivery(event_id=event, webhook_id=webhook, created_at=now, **_initial_state(enabled=enabled, now=now))
            for event, webhook, enabled in pairs
        ],
        ignore_conflicts=True,
        batch_size=500,
    )
    Event.objects.filter(pk__in=done).update(fanned_out_at=now)


def _initial_state(*, enabled: bool, now: datetime) -> dict[str, object]:
    if enabled:
        return {"state": Delivery.State.PENDING, "next_attempt_at": now}
    return {"state": Delivery.State.SKIPPED, "settled_at": now}


# One statement whatever the number of deliveries.
INSERT_POSTGRESQL = """
WITH marked AS (
    UPDATE webhooks_event SET fanned_out_at = %(now)s WHERE id = ANY(%(done)s::uuid[])
)
INSERT INTO webhooks_delivery (
    event_id, webhook_id, state, trigger, attempt_count, failures, next_attempt_at, error, created_at, settled_at
)
SELECT event_id, webhook_id, CASE WHEN enabled THEN 'pending' ELSE 'skipped' END, 'automatic', 0, 0,
       CASE WHEN enabled THEN %(now)s::timestamptz END, '', %(now)s,
       CASE WHEN enabled THEN NULL ELSE %(now)s::timestamptz END
FROM unnest(%(events)s::uuid[], %(webhooks)s::bigint[], %(enabled)s::boolean[]) AS pair(event_id, webhook_id, enabled)
ON CONFLICT DO NOTHING
"""

"""Which webhooks have something to deliver, and the leases by which no two couriers deliver the same."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from webhooks.delivery.sql import prepared_cursor
from webhooks.egress import OutgoingRequest
from webhooks.models import Delivery, Event, Webhook
from webhooks.models.delivery import DeliveryQuerySet, Trigger
from webhooks.targets import Message

LEASE_MARGIN = timedelta(seconds=30)
"""How much longer a lease lasts than an attempt may: time to wait for a turn before it, and to write its result after
it."""

MAX_WEBHOOKS_PER_LOOK = 500
"""Webhooks read at once; the next look goes on behind them."""


@dataclass(frozen=True, slots=True)
class PendingWebhook:
    """A webhook that has pending deliveries, with what decides whether they may be claimed.

    `needs_probe`: it was put to rest, and one request decides whether it goes on. `healthy`: nothing has failed since
    its last success. `due_at`: when the first of its pending deliveries is due.
    """

    webhook_id: int
    account_id: int
    revision: int
    alive: bool
    enabled: bool
    resting_until: datetime | None
    needs_probe: bool
    healthy: bool
    due_at: datetime


@dataclass(slots=True, eq=False)  # not frozen: that would make it thrice as slow to build, at each delivery
class Job:
    """A delivery under lease, from its claim until its result is written or its lease is given back.

    | state     | held by                           | next                                                         |
    |-----------|-----------------------------------|--------------------------------------------------------------|
    | claimed   | the fetcher, while it reads       | waiting                                                      |
    |           | webhook and event                 |                                                              |
    | waiting   | the queue of its webhook, with    | in flight; finished when no request can be prepared;         |
    |           | its `message`                     | released when the webhook was changed, rests or is disabled, |
    |           |                                   | when the lease would end too early, or at a shutdown         |
    | in flight | the sender, with its `request`    | finished by an answer or a failure; released at a shutdown   |
    | finished  | the result buffer, as a `Result`  | its attempt is written, its delivery settled or retried      |
    | released  | the result buffer, as an id       | its lease ends: it can be claimed again                      |

    `message` stays None when the event cannot be read.
    """

    delivery_id: int
    event_id: UUID
    webhook_id: int
    failures: int
    trigger: str
    leased_until: datetime
    message: Message | None = None
    request: OutgoingRequest | None = None


# The webhooks that have pending deliveries, found by hopping from one to the next in the partial index
# `delivery_pending`: the cost grows with the number of such webhooks, never with their backlog nor with history.
PENDING_WEBHOOKS_SQL = """
WITH RECURSIVE pending(id, n) AS (
    SELECT (SELECT MIN(webhook_id) FROM webhooks_delivery WHERE state = 'pending' AND webhook_id > %(cursor)s), 1
    UNION ALL
    SELECT (SELECT MIN(webhook_id) FROM webhooks_delivery WHERE state = 'pending' AND webhook_id > pending.id), n + 1
    FROM pending WHERE pending.id IS NOT NULL AND n < %(most)s
)
"""
SOME_POSTGRESQL = "WITH pending(id) AS (SELECT unnest(%(webhooks)s::bigint[]))"
SOME_SQLITE = "WITH pending(id) AS (SELECT value FROM json_each(%(webhooks)s))"
PENDING_COLUMNS_SQL = """
SELECT w.id, w.account_id, w.revision, w.deleted_at IS NULL, w.enabled, w.resting_until, w.rests > 0,
       w.failing_since IS NULL AND w.failures = 0 AND w.rests = 0 AND w.resting_until IS NULL,
       (SELECT MIN(d.next_attempt_at) FROM webhooks_delivery d
        WHERE d.webhook_id = w.id AND d.state = 'pending')
FROM pending JOIN webhooks_webhook w ON w.id = pending.id
"""

CLAIM_POSTGRESQL = """
WITH picked AS (
    SELECT due.id FROM unnest(%(webhooks)s::bigint[], %(wanted)s::int[]) AS want(webhook_id, n) CROSS JOIN LATERAL (
        SELECT d.id FROM webhooks_delivery d
        WHERE d.webhook_id = want.webhook_id AND d.state = 'pending' AND d.next_attempt_at <= %(now)s
          AND (d.leased_until IS NULL OR d.leased_until <= %(now)s)
        ORDER BY d.next_attempt_at LIMIT want.n FOR UPDATE SKIP LOCKED
    ) AS due
)
UPDATE webhooks_delivery d SET lease_token = %(token)s, leased_until = %(until)s
FROM picked WHERE d.id = picked.id
RETURNING d.id, d.event_id, d.webhook_id, d.failures, d.trigger
"""


def pending_webhooks(*, after: int) -> list[PendingWebhook]:
    """Return up to `MAX_WEBHOOKS_PER_LOOK` webhooks with pending deliveries, those with ids above `after`, by id."""
    with prepared_cursor() as cursor:
        cursor.execute(PENDING_WEBHOOKS_SQL + PENDING_COLUMNS_SQL, {"cursor": after, "most": MAX_WEBHOOKS_PER_LOOK})
        return [_pending_webhook(row) for row in cursor.fetchall()]


def pending_among(webhook_ids: Collection[int]) -> list[PendingWebhook]:
    """Return those of these webhooks that have pending deliveries, whatever the number of others that have some."""
    if not webhook_ids:
        return []
    is_postgresql = connection.vendor == "postgresql"
    wanted = sorted(webhook_ids)
    with prepared_cursor() as cursor:
        cursor.execute(
            (SOME_POSTGRESQL if is_postgresql else SOME_SQLITE) + PENDING_COLUMNS_SQL,
            {"webhooks": wanted if is_postgresql else json.dumps(wanted)},
        )
        return [_pending_webhook(row) for row in cursor.fetchall() if row[-1] is not None]


def anything_due() -> bool:
    """Return whether a courier has something to do: a new event, or a delivery that is due. Cheap when it has not."""
    if Event.objects.filter(fanned_out_at__isnull=True).exists():
        return True
    now, after = timezone.now(), 0
    while webhooks := pending_webhooks(after=after):
        if any(webhook.due_at <= now for webhook in webhooks):
            return True
        after = webhooks[-1].webhook_id
    return False


def claim(wanted: Mapping[int, int], *, token: UUID, now: datetime, until: datetime) -> list[Job]:
    """Lease up to `wanted[webhook id]` due deliveries of each webhook to `token`, those first that are due the longest.

    The leases end at `until`.
    """
    if not wanted:
        return []
    if connection.vendor == "postgresql":
        params: dict[str, Any] = {
            "webhooks": list(wanted),
            "wanted": list(wanted.values()),
            "token": token,
            "now": now,
            "until": until,
        }
        with prepared_cursor() as cursor:
            cursor.execute(CLAIM_POSTGRESQL, params)
            return [
                Job(delivery_id, event_id, webhook_id, failures, trigger, until)
                for delivery_id, event_id, webhook_id, failures, trigger in cursor.fetchall()
            ]
    with transaction.atomic():  # SQLite has one writer at a time: what is read here is still so when it is written
        jobs: list[Job] = []
        for webhook_id, most in wanted.items():
            due = Delivery.objects.due(now).filter(webhook=webhook_id).order_by("next_attempt_at")[:most]
            jobs += [Job(d.pk, d.event_id, d.webhook_id, d.failures, d.trigger, until) for d in due]
        Delivery.objects.filter(pk__in=[job.delivery_id for job in jobs]).update(lease_token=token, leased_until=until)
    return jobs


def release(delivery_ids: Sequence[int], *, token: UUID) -> int:
    """End the leases of `token` on deliveries that were not sent, which are due again at once; return how many."""
    return Delivery.objects.filter(pk__in=delivery_ids, lease_token=token).release()


def release_all_but(delivery_ids: Collection[int], *, token: UUID) -> int:
    """End the leases of `token` on all other deliveries: claimed by a statement whose answer did not arrive."""
    return _leased_to(token).exclude(pk__in=delivery_ids).release()


def release_all_of(tokens: Sequence[UUID]) -> int:
    """End the leases of couriers that do not run any more, and return the number of deliveries."""
    return _leased_to(*tokens).release()


def settle_undeliverable(webhook: PendingWebhook, *, now: datetime) -> int:
    """Skip what waits for a webhook that is disabled, cancel what waits for one that is deleted; return how many.

    A disabled webhook still gets tests.
    """
    waiting = Delivery.objects.filter(webhook=webhook.webhook_id)
    if not webhook.alive:
        return waiting.settle_unsent(Delivery.State.CANCELLED, now=now)
    return waiting.exclude(trigger=Trigger.TEST).settle_unsent(Delivery.State.SKIPPED, now=now)


def begin_probe(webhook_id: int, *, now: datetime, until: datetime) -> bool:
    """Return whether this courier is the one that may probe a webhook whose rest is over.

    For the others it goes on resting `until` then, unless the probe ends it.
    """
    rested = Webhook.objects.filter(pk=webhook_id, resting_until__lte=now)
    return rested.update(resting_until=until) == 1


def _leased_to(*tokens: UUID) -> DeliveryQuerySet:
    # The state is there for the planner: only the index of pending deliveries is small.
    return Delivery.objects.filter(state=Delivery.State.PENDING, lease_token__in=tokens)


def _pending_webhook(row: tuple[Any, ...]) -> PendingWebhook:
    if connection.vendor == "postgresql":
        return PendingWebhook(*row)
    webhook_id, account_id, revision, alive, enabled, resting_until, needs_probe, healthy, due_at = map(_native, row)
    return PendingWebhook(
        webhook_id,
        account_id,
        revision,
        bool(alive),  # SQLite has numbers for truth values
        bool(enabled),
        resting_until,
        bool(needs_probe),
        bool(healthy),
        due_at,
    )


def _native(value: Any) -> Any:
    """Return times as aware ones: SQLite's come as text from an expression, naive from a column, always in UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value

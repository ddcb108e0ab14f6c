"""Delete what is older than its retention, in small batches and for a bounded time."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import audit
from webhooks.models import Attempt, Delivery, Event, Webhook
from webhooks.models.event import first_id_at

BODY_RETENTION = timedelta(days=30)
"""How long the headers and bodies of attempts are kept."""

BODY_LOOK_BACK = timedelta(days=10)
"""How far beyond `BODY_RETENTION` they are looked for: a purge that did not run for so long catches up."""

BATCH = 500
BUDGET_S = 20.0
"""Seconds that one purge takes at the most; the next one goes on."""


@dataclass(slots=True)
class PurgeCounts:
    """How many attempts were emptied (`bodies`), and how many other rows were deleted; `strays` are attempts."""

    bodies: int = 0
    events: int = 0
    strays: int = 0
    webhooks: int = 0
    audit: int = 0


def purge(*, budget_s: float = BUDGET_S) -> PurgeCounts:
    """Empty old attempts; remove old entries of the audit, old events and deleted webhooks, these with deliveries."""
    now, until = timezone.now(), time.monotonic() + budget_s
    purged = PurgeCounts()
    after, before = first_id_at(now - BODY_RETENTION - BODY_LOOK_BACK), first_id_at(now - BODY_RETENTION)
    kept_from = first_id_at(now - timedelta(days=settings.EVENT_RETENTION_DAYS))
    purged.events = _repeat(lambda: _delete_events(kept_from), until=until)
    for webhook in Webhook.objects.filter(deleted_at__isnull=False).order_by("pk"):
        purged.webhooks += _delete_webhook(webhook, now=now, until=until)
    purged.audit = _repeat(lambda: audit.purge(limit=BATCH), until=until)
    purged.strays = _repeat(lambda: _delete_attempts(kept_from), until=until)
    while time.monotonic() < until:
        ids = list(
            Attempt.objects.filter(pk__gt=after, pk__lt=before).order_by("pk").values_list("pk", flat=True)[:BATCH]
        )
        if not ids:
            break
        old = Attempt.objects.filter(pk__in=ids).exclude(response_body="", response_headers=[], request_headers=[])
        purged.bodies += old.update(response_body="", response_headers=[], request_headers=[])
        after = ids[-1]
    return purged


def _repeat(step: Callable[[], int], *, until: float) -> int:
    done = 0
    while time.monotonic() < until and (batch := step()):
        done += batch
    return done


def _delete_events(before: uuid.UUID) -> int:
    """Delete a batch of old events; the newest of all stays, because the sequence goes on from it."""
    # Not by Max: PostgreSQL knows no max(uuid) before 18.
    newest = list(Event.objects.order_by("-pk").values_list("pk", flat=True)[:1])
    with transaction.atomic():
        old = Event.objects.filter(pk__lt=before).exclude(pk__in=newest).order_by("pk")
        ids = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
        _delete_deliveries(list(Delivery.objects.filter(event__in=ids).values_list("pk", flat=True)))
        Event.objects.filter(pk__in=ids).delete()
    return len(ids)


def _delete_webhook(webhook: Webhook, *, now: datetime, until: float) -> int:
    """Delete the deliveries of a deleted webhook in batches, then the webhook itself; return 1 once that is done.

    One of which a courier still holds deliveries waits for the next purge, as does what is left when time is up.
    """
    free = webhook.deliveries.free(now).order_by("-pk").values_list("pk", flat=True)
    while time.monotonic() < until:
        with transaction.atomic():
            if ids := list(free[:BATCH]):
                _delete_deliveries(ids)
            elif webhook.deliveries.exists():
                return 0
            else:
                webhook.delete()
                return 1
    return 0


def _delete_attempts(before: uuid.UUID) -> int:
    """Delete a batch of old attempts without a delivery: a courier wrote them while their delivery was deleted."""
    ids = list(Attempt.objects.filter(pk__lt=before).order_by("pk").values_list("pk", flat=True)[:BATCH])
    return Attempt.objects.filter(pk__in=ids).delete()[0]


def _delete_deliveries(ids: Sequence[int]) -> None:
    """Delete deliveries, their attempts first, so that Django does not look for them."""
    Attempt.objects.filter(delivery__in=ids).delete()
    Delivery.objects.filter(pk__in=ids).delete()

"""Events counted as Google Analytics shows them: by category, then by action, then by label, over a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, Count, F, Max, Value
from django.db.models.functions import Concat, TruncDate
from django.utils.functional import Promise

from accounts.models import Account
from webhooks.events import registry
from webhooks.models import Event
from webhooks.models.event import EventQuerySet, first_id_at

MAX_ROWS = 500
"""Lines returned at the most, those with the most events first."""


@dataclass(frozen=True, slots=True)
class Tally:
    """One line: the `key` to ask for more with, its label, its events, and their `share` (0 to 1) of all in the period.

    `unique` counts a resource once per day and type, as GA4 counts a session (which for a webhook is a day).
    """

    key: str
    label: str | Promise
    total: int
    unique: int
    share: float


def by_category(account: Account, *, since: datetime, until: datetime) -> list[Tally]:
    """Return the counts by type of resource, the largest first."""
    return _tallies(_within(account, since, until), "resource_type", {})


def by_action(account: Account, *, category: str, since: datetime, until: datetime) -> list[Tally]:
    """Return the counts by event type within a category; `key` is ours, `label` the type's sentence."""
    found = _within(account, since, until).filter(resource_type=category)
    return _tallies(found, "type", {event_type.key: event_type.label for event_type in registry.all_types()})


def by_label(account: Account, *, event_type: str, since: datetime, until: datetime) -> list[Tally]:
    """Return the counts by resource within an event type (our key); `key` is its id, `label` its latest title."""
    found = _within(account, since, until).filter(type=event_type)
    newest = found.order_by().values("resource_id").annotate(newest=Max("sequence")).values("newest")
    titles = dict(
        Event.objects.filter(account=account, type=event_type, sequence__in=newest).values_list(
            "resource_id", "resource_title"
        )
    )
    return _tallies(found, "resource_id", titles)


def _within(account: Account, since: datetime, until: datetime) -> EventQuerySet:
    """Return the events of a period; ids are ordered by time, so that the index on account and id bounds the search."""
    events = Event.objects.of(account).filter(occurred_at__gte=since, occurred_at__lt=until)
    return events.filter(id__gte=first_id_at(since))


def _tallies(events: EventQuerySet, key: str, labels: dict[str, str | Promise] | dict[str, str]) -> list[Tally]:
    once = Concat(
        F("resource_id"), Value(" "), F("type"), Value(" "), TruncDate("occurred_at"), output_field=CharField()
    )
    rows = list(
        events.order_by()
        .values(key)
        .annotate(total=Count("id"), unique=Count(once, distinct=True))
        .order_by("-total", key)[:MAX_ROWS]
    )
    whole = events.count() if len(rows) == MAX_ROWS else sum(row["total"] for row in rows)
    return [
        Tally(row[key], labels.get(row[key]) or row[key], row["total"], row["unique"], row["total"] / whole)
        for row in rows
    ]

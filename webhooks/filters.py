"""Which deliveries and which events are asked for, in the same terms by the pages, the API and the replay."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from webhooks.models.delivery import DeliveryQuerySet
from webhooks.models.event import EventQuerySet

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9998, 12, 31)
"""The days that can be asked for: at the ends of the calendar a local midnight is no instant in UTC."""


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """A choice of deliveries; a field that is empty restricts nothing.

    `since` is inclusive and `until` exclusive, both compared with the creation of the delivery. `text` is looked for in
    the title, the id and the detail of the event, or is the whole id of the event.
    """

    states: tuple[str, ...] = ()
    event_type: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    webhook: int | None = None

    def apply(self, deliveries: DeliveryQuerySet) -> DeliveryQuerySet:
        """Return the chosen ones of `deliveries`, in the same order."""
        lookups = {
            "webhook": self.webhook,
            "state__in": self.states,
            "event__type": self.event_type,
            "created_at__gte": self.since,
            "created_at__lt": self.until,
        }
        deliveries = deliveries.filter(**{lookup: value for lookup, value in lookups.items() if value})
        return deliveries.filter(_mentions(self.text, event="event__")) if self.text else deliveries


@dataclass(frozen=True, slots=True)
class EventFilter:
    """A choice of events; a field that is empty restricts nothing.

    `since` is inclusive and `until` exclusive, both compared with the time at which the event occurred. `text` is
    looked for as in `DeliveryFilter`.
    """

    event_type: str = ""
    resource_type: str = ""
    resource_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""

    def apply(self, events: EventQuerySet) -> EventQuerySet:
        """Return the chosen ones of `events`, in the same order."""
        lookups = {
            "type": self.event_type,
            "resource_type": self.resource_type,
            "resource_id": self.resource_id,
            "occurred_at__gte": self.since,
            "occurred_at__lt": self.until,
        }
        events = events.filter(**{lookup: value for lookup, value in lookups.items() if value})
        return events.filter(_mentions(self.text)) if self.text else events


def midnight_before(day: date) -> datetime:
    """Return the instant at which `day` begins in local time."""
    return timezone.make_aware(datetime.combine(day, time.min))


def midnight_after(day: date) -> datetime:
    """Return the instant at which `day` ends in local time: an exclusive bound that includes the whole day."""
    return midnight_before(day + timedelta(days=1))


def _mentions(text: str, *, event: str = "") -> Q:
    """Match `text` in the event that the lookups prefixed by `event` lead to."""
    found = Q()
    for field in ("resource_title", "resource_id", "detail"):
        found |= Q(**{f"{event}{field}__icontains": text})
    try:
        return found | Q(**{f"{event}id": uuid.UUID(text)})
    except ValueError:
        return found

"""What happened to a resource or in an account: events as the pages of other apps read them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.core.cache import cache
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.models import Account
from webhooks.filters import EventFilter
from webhooks.models import Event
from webhooks.models.event import first_id_at

PAST_DAYS_TTL_S = 600
"""How long the counts of past days are cached: only events that are recorded late can change them."""


def latest(account: Account, *, limit: int = 10) -> list[Event]:
    """Return the newest events of `account`."""
    return list(Event.objects.of(account)[:limit])


def about(account: Account, *, resource_type: str, resource_id: str, limit: int = 50) -> list[Event]:
    """Return the newest events of one resource of `account`."""
    of_resource = EventFilter(resource_type=resource_type, resource_id=resource_id)
    return list(of_resource.apply(Event.objects.of(account))[:limit])


def per_day(account: Account, *, days: int = 30) -> list[tuple[date, int]]:
    """Return the number of events on each of the last `days` days, today (in local time) last."""
    today = timezone.localdate()
    first = today - timedelta(days=days - 1)
    key = f"webhooks:per-day:{account.pk}:{first}:{today}"
    past: dict[date, int] | None = cache.get(key)
    if past is None:
        past = _counts(account, since=first, until=today)
        cache.set(key, past, PAST_DAYS_TTL_S)
    counts = past | _counts(account, since=today)
    return [(day, counts.get(day, 0)) for day in (first + timedelta(days=n) for n in range(days))]


def _counts(account: Account, *, since: date, until: date | None = None) -> dict[date, int]:
    """Return the number of events by day from `since`, and before `until`.

    An event is recorded after it occurred: its id, which is ordered by time, bounds the search from below.
    """
    events = Event.objects.of(account).filter(id__gte=first_id_at(_midnight(since)), occurred_at__gte=_midnight(since))
    if until is not None:
        events = events.filter(occurred_at__lt=_midnight(until))
    by_day = events.order_by().annotate(day=TruncDate("occurred_at")).values("day").annotate(count=Count("id"))
    return {row["day"]: row["count"] for row in by_day}


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))

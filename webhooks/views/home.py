"""The dashboard of an account: events per day, webhooks that fail, the latest events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.http import AccountRequest, require_permission
from accounts.permissions import Permission
from webhooks.events import journal
from webhooks.models import Webhook
from webhooks.views.presenters import Badge, badge_of

CHART_DAYS = 30
MAX_LATEST_EVENTS = 12

WIDTH, HEIGHT, GAP = 600, 140, 4
"""In units of the SVG view box; a day is WIDTH / CHART_DAYS wide, its bar narrower by GAP."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the chart: its count of events, and its rectangle in units of the SVG view box."""

    day: date
    count: int
    x: float
    y: float
    width: float
    height: float


def bars(counts: list[tuple[date, int]]) -> list[Bar]:
    """Return the bars side by side, the highest as high as the chart; a day with events has at least 3 units."""
    top = max((count for _day, count in counts), default=0) or 1
    step = WIDTH / max(1, len(counts))
    found = []
    for position, (day, count) in enumerate(counts):
        height = max(3.0, round(HEIGHT * count / top, 1)) if count else 0.0
        found.append(
            Bar(day, count, round(position * step + GAP / 2, 1), HEIGHT - height, round(step - GAP, 1), height)
        )
    return found


@require_GET
@require_permission(Permission.SEE_DASHBOARD)
def home(request: AccountRequest) -> HttpResponse:
    """Show the dashboard; only to administrators with links to the webhooks."""
    webhooks = list(Webhook.objects.of(request.account))
    days = bars(journal.per_day(request.account, days=CHART_DAYS))
    context = {
        "days": days,
        "highest": max(day.count for day in days),
        "total": sum(day.count for day in days),
        "today": days[-1].count,
        "size": {"width": WIDTH, "height": HEIGHT},
        "events": journal.latest(request.account, limit=MAX_LATEST_EVENTS),
        "webhook_count": len(webhooks),
        "in_trouble": _in_trouble(webhooks),
    }
    return render(request, "webhooks/home.html", context)


def _in_trouble(webhooks: list[Webhook]) -> list[tuple[Webhook, Badge]]:
    """Return the webhooks that fail, rest, or were disabled by the service itself."""
    badges = [(webhook, badge_of(webhook)) for webhook in webhooks]
    return [(webhook, badge) for webhook, badge in badges if badge.tone in {"warn", "bad"}]

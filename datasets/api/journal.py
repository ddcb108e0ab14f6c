"""The journal of one resource, as in Data Fair."""

from __future__ import annotations

from typing import Any

from datasets.models import Resource
from datasets.types import Json
from webhooks.events import journal, registry

MAX_ENTRIES = 1_000


def entries(resource: Resource, *, resource_type: str) -> list[Json]:
    """Return its events since it was created, newest first: `[{type, date[, data][, href]}]`."""
    events = journal.about(resource.account, resource_type=resource_type, resource_id=resource.slug, limit=MAX_ENTRIES)
    # Events of a deleted resource with the same id are older than this one.
    return [_entry(event) for event in events if event.occurred_at >= resource.created_at]


def _entry(event: Any) -> Json:
    entry = {"type": registry.get(event.type).data_fair_event, "date": event.occurred_at.isoformat()}
    if event.detail:
        entry["data"] = event.detail
    if event.resource_page_url:
        entry["href"] = event.resource_page_url
    return entry

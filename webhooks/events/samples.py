"""An event that did not happen, to try a webhook with."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import translation

from accounts.principal import Principal
from webhooks.events import registry
from webhooks.models import Event, Webhook
from webhooks.models.event import NextSequence

API_ROOMS = {"dataset": "datasets", "visualisation": "applications"}
"""Where the API shows each kind of resource: the address that a test's sample pretends to have."""


def first_type(webhook: Webhook) -> str:
    """Name the first of the webhook's types that is still registered, else the first of all."""
    known = [event_type.key for event_type in registry.all_types()]
    return next((key for key in webhook.event_types if key in known), known[0])


def sample_event(kind: registry.EventType, webhook: Webhook, *, by: Principal, now: datetime) -> Event:
    """Give the sample of a type as an event of the webhook's account that no other webhook hears of."""
    name = str(kind.sample.get("id") or "example")
    with translation.override(webhook.account.language):
        title = str(kind.sample.get("title") or name)
        detail = translation.gettext("This is a test.")
    return Event(
        sequence=NextSequence(),
        type=kind.key,
        account=webhook.account,
        resource_type=kind.category,
        resource_id=name,
        resource_title=title,
        resource_page_url=f"{settings.PUBLIC_URL}/{kind.category}/{name}",
        resource_api_url=f"{settings.PUBLIC_URL}/api/v1/{API_ROOMS.get(kind.category, 'events')}/{name}",
        detail=detail,
        data=kind.sample,
        origin_kind=by.kind,
        origin_id=by.id,
        origin_name=by.name,
        occurred_at=now,
        is_test=True,
        fanned_out_at=now,
    )

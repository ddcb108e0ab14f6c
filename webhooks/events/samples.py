"""The events that a test of a webhook sends: nothing of the kind has happened."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import translation

from accounts.principal import Principal
from webhooks.events import registry
from webhooks.models import Event, Webhook
from webhooks.models.event import NextSequence


def first_type(webhook: Webhook) -> str:
    """Return the key of the first of the webhook's types that is still registered, or else of the first of all."""
    known = [event_type.key for event_type in registry.all_types()]
    return next((key for key in webhook.event_types if key in known), known[0])


def sample_event(kind: registry.EventType, webhook: Webhook, *, by: Principal, now: datetime) -> Event:
    """Return an unsaved event from the sample of a type, for this webhook of its account and no other."""
    resource_id = str(kind.sample.get("id") or "example")
    with translation.override(webhook.account.language):
        title = str(kind.sample.get("title") or resource_id)
        detail = translation.gettext("This is a test.")
    return Event(
        sequence=NextSequence(),
        type=kind.key,
        account=webhook.account,
        resource_type=kind.category,
        resource_id=resource_id,
        resource_title=title,
        resource_page_url=_url(kind.page_path, resource_id),
        resource_api_url=_url(kind.api_path, resource_id),
        detail=detail,
        data=kind.sample,
        origin_kind=by.kind,
        origin_id=by.id,
        origin_name=by.name,
        occurred_at=now,
        is_test=True,
        fanned_out_at=now,
    )


def _url(path: str, resource_id: str) -> str:
    return settings.PUBLIC_URL + path.format(id=resource_id) if path else ""

"""An event as targets see it."""

from __future__ import annotations

from django.utils import translation

from webhooks.events import registry
from webhooks.models import Event
from webhooks.targets import Message


def message_of(event: Event) -> Message:
    """Return `event` in the language of its account; raise `registry.UnknownEventType`."""
    kind = registry.get(event.type)
    language = event.account.language
    with translation.override(language):
        label = str(kind.label)
    return Message(
        id=event.pk.hex,
        type=kind.key,
        event=kind.data_fair_event,
        category=kind.category,
        label=label,
        language=language,
        resource_id=event.resource_id,
        title=event.resource_title,
        page_url=event.resource_page_url,
        api_url=event.resource_api_url,
        detail=event.detail,
        data=event.data,
        account=event.account.as_owner,
        sequence=event.sequence,
        occurred_at=event.occurred_at,
    )

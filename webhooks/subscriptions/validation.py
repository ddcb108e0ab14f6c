"""Ask a target's own validation what it thinks of an event, where it has one, without telling it the event."""

from __future__ import annotations

from webhooks import targets
from webhooks.delivery.loading import message_of
from webhooks.egress import fetch
from webhooks.encryption import Unsealable
from webhooks.models import Event, Webhook
from webhooks.targets import Config

TIMEOUT_S = 5.0
"""A person waits for the answer."""


def rehearse(webhook: Webhook, event: Event) -> list[str]:
    """Give what the target's validation says of `event`, nothing when it is content or when there is none.

    One call over the network, TIMEOUT_S at the most: never inside a transaction.
    """
    try:
        target, settings = targets.get(webhook.target_kind), webhook.settings
    except (targets.UnknownTarget, Unsealable):
        return []  # the test itself will say so
    config = Config(settings, webhook_id=webhook.pk, created_at=webhook.created_at)
    request = target.validation_request(message_of(event), config)
    if request is None:
        return []
    return target.validation_messages(fetch(request, timeout_s=TIMEOUT_S))

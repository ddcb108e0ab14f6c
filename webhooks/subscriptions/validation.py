"""Ask a target's own validation about an event, where the target has one, without delivering the event."""

from __future__ import annotations

from webhooks import targets
from webhooks.egress import echoes_of, fetch
from webhooks.encryption import Unsealable
from webhooks.events.messages import message_of
from webhooks.models import Event, Webhook
from webhooks.targets import Config

TIMEOUT_S = 5.0
"""A person waits for the answer."""


def target_remarks(webhook: Webhook, event: Event) -> list[str]:
    """Return what the target's validation remarks on `event`; empty when it has no objection or there is none.

    One call over the network, of TIMEOUT_S at the most: never inside a transaction.
    """
    try:
        target, settings = targets.get(webhook.target_kind), webhook.settings
    except (targets.UnknownTarget, Unsealable):
        return []  # the delivery of the test fails for the same reason, and shows it
    config = Config(settings, webhook_id=webhook.pk, created_at=webhook.created_at)
    request = target.validation_request(message_of(event), config)
    if request is None:
        return []
    echoes = echoes_of(request)
    return [echoes.masked(remark) for remark in target.validation_messages(fetch(request, timeout_s=TIMEOUT_S))]

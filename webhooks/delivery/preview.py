"""The body of a delivery's request, as it would be sent now."""

from __future__ import annotations

from django.utils import timezone

from webhooks.delivery.loading import Unpreparable, subscriber_of
from webhooks.egress import shown_body
from webhooks.encryption import Unsealable
from webhooks.events.messages import message_of
from webhooks.events.registry import UnknownEventType
from webhooks.models import Delivery
from webhooks.targets import UnknownTarget


def request_body(delivery: Delivery) -> str:
    """Return the body that the target makes of the event, secrets masked; empty when it cannot be made.

    Nothing is sent.
    """
    try:
        request = subscriber_of(delivery.webhook).prepare(message_of(delivery.event), now=timezone.now())
    except (Unsealable, UnknownTarget, UnknownEventType, Unpreparable):
        return ""
    return shown_body(request)

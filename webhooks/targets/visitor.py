"""The visitor that a webhook is to an analytics server, which counts events by visitor."""

from __future__ import annotations

from django.conf import settings

from webhooks.targets.target import Config


def visitor_name(config: Config) -> str:
    """Return the address of the webhook's page: always the same one, unlike that of any other installation."""
    return f"{settings.PUBLIC_URL}/settings/webhooks/{config.webhook_id}/"

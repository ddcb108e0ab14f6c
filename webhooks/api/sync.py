"""Make the webhooks of an account those of a list: create, edit, enable, disable and delete them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.principal import Principal
from webhooks.api.base import refuse
from webhooks.api.fields import Errors, by_path
from webhooks.api.webhook_serializer import WebhookSerializer
from webhooks.models import Webhook
from webhooks.subscriptions import services
from webhooks.subscriptions.spec import WebhookSpec


def sync_webhooks(account: Account, listed: Sequence[Any], *, by: Principal) -> None:
    """Make the webhooks of `account` those of `listed`, in the caller's transaction.

    An item with an `id` changes that webhook; one without is the webhook that it equals, or else a new one. Webhooks
    that are not listed are deleted. Raise ValidationError with the errors of each path.
    """
    unlisted = {str(webhook.pk): webhook for webhook in Webhook.objects.of(account)}
    errors: Errors = {}
    named = _take_named(listed, unlisted, errors)
    serializers: list[WebhookSerializer] = []
    for index, data in enumerate(listed):
        serializer = _bind(data, account, named[index]) if index in named else _match(data, account, unlisted)
        if not serializer.is_valid():
            errors |= by_path(dict(serializer.errors), f"webhooks.{index}")
        serializers.append(serializer)
    if errors:
        refuse(errors)
    for webhook in unlisted.values():
        services.delete_webhook(webhook, by=by)
    for serializer in serializers:
        serializer.save(by=by)


def _take_named(listed: Sequence[Any], unlisted: dict[str, Webhook], errors: Errors) -> dict[int, Webhook]:
    """Return the webhooks that items name by their id, by the index of the item, and take them out of `unlisted`."""
    named: dict[int, Webhook] = {}
    for index, data in enumerate(listed):
        webhook_id = data.get("id") if isinstance(data, dict) else None
        if webhook_id is None:
            continue
        webhook = unlisted.pop(str(webhook_id), None)
        if webhook is None:
            errors[f"webhooks.{index}.id"] = [_("There is no such webhook, or it is listed twice.")]
        else:
            named[index] = webhook
    return named


def _match(data: object, account: Account, unlisted: dict[str, Webhook]) -> WebhookSerializer:
    """Bind an item without id to the webhook of `unlisted` that it equals (taken out of it), or else to a new one."""
    for key, webhook in unlisted.items():
        if isinstance(data, dict) and data.get("title") == webhook.title:
            serializer = _bind(data, account, webhook)
            if serializer.is_valid() and serializer.spec == WebhookSpec.of(webhook):
                del unlisted[key]
                return serializer
    return _bind(data, account, None)


def _bind(data: object, account: Account, webhook: Webhook | None) -> WebhookSerializer:
    return WebhookSerializer(webhook, data=data, context={"account": account})

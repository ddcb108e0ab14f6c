"""Make the webhooks of an account those of a list: edit, create, switch and delete, each by its verb."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.principal import Principal
from webhooks.api import item
from webhooks.api.base import refuse
from webhooks.models import Webhook
from webhooks.subscriptions import services
from webhooks.subscriptions.services import Wish

Pair = tuple[item.Item, Webhook | None]


def reconcile(account: Account, listed: Sequence[Any], *, by: Principal) -> None:  # Any: JSON
    """Apply the list, in the caller's transaction; raise ValidationError with the errors of each path.

    An item with an `id` is that webhook, changed; one without is the webhook that is equal to it, else a new one.
    Whatever is not listed is deleted.
    """
    stored = {str(webhook.pk): webhook for webhook in Webhook.objects.of(account)}
    errors: item.Errors = {}
    found = _named(listed, stored, errors)
    pairs: list[Pair] = []
    for index, data in enumerate(listed):
        try:
            pairs.append(_read(data, account, found.get(index), stored if index not in found else {}))
        except item.Invalid as invalid:
            errors |= {f"webhooks.{index}.{path}".rstrip("."): found for path, found in invalid.errors.items()}
    if errors:
        refuse(errors)
    for unlisted in stored.values():
        services.delete_webhook(unlisted, by=by)
    for asked, webhook in pairs:
        apply(account, asked, webhook, by=by)


def apply(account: Account, asked: item.Item, webhook: Webhook | None, *, by: Principal) -> Webhook:
    """Create or edit one webhook, and switch it on or off when that is asked."""
    if webhook is None:
        return services.create_webhook(account, wish=asked.wish, by=by, enabled=asked.enabled is not False)
    services.edit_webhook(webhook, wish=asked.wish, by=by)
    if asked.enabled is True and not webhook.enabled:
        services.enable_webhook(webhook, by=by)
    if asked.enabled is False and webhook.enabled:
        services.disable_webhook(webhook, by=by)
    return webhook


def _named(listed: Sequence[Any], stored: dict[str, Webhook], errors: item.Errors) -> dict[int, Webhook]:  # Any: JSON
    """Take out of `stored` the webhooks that items name by their id."""
    named: dict[int, Webhook] = {}
    for index, data in enumerate(listed):
        webhook_id = data.get("id") if isinstance(data, dict) else None
        if webhook_id is None:
            continue
        webhook = stored.pop(str(webhook_id), None)
        if webhook is None:
            errors[f"webhooks.{index}.id"] = [_("There is no such webhook, or it is listed twice.")]
        else:
            named[index] = webhook
    return named


def _read(data: object, account: Account, named: Webhook | None, stored: dict[str, Webhook]) -> Pair:
    """Read an item as the webhook that it names, or as one of `stored` that it equals (taken out of it), or as new."""
    if named is not None:
        return item.read(data, account=account, stored=named), named
    for key, webhook in stored.items():
        if isinstance(data, dict) and data.get("title") == webhook.title:
            try:
                asked = item.read(data, account=account, stored=webhook)
            except item.Invalid:
                continue
            if asked.wish == Wish.of(webhook):
                return asked, stored.pop(key)
    return item.read(data, account=account), None

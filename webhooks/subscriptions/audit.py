"""What the audit says of webhooks: what was done to them, and what was changed, secrets masked."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.principal import Principal
from webhooks import targets
from webhooks.egress import MASK, mask_url
from webhooks.models import Webhook
from webhooks.subscriptions.spec import COLUMNS, WebhookSpec

ROTATED = "rotated"
"""What stands for a new signing secret."""


@audit.register
class Action(models.TextChoices):
    """What was done to a webhook, or to its deliveries."""

    CREATED = "webhook.created", _("created")
    UPDATED = "webhook.updated", _("edited")
    ENABLED = "webhook.enabled", _("enabled")
    DISABLED = "webhook.disabled", _("disabled")
    FAILING = "webhook.failing", _("started failing")
    RECOVERED = "webhook.recovered", _("recovered")
    SECRET_ROTATED = "webhook.secret_rotated", _("secret rotated")
    SECRET_REVEALED = "webhook.secret_revealed", _("secret revealed")
    TESTED = "webhook.tested", _("test sent")
    REPLAYED = "webhook.replayed", _("deliveries replayed")
    CANCELLED = "webhook.cancelled", _("deliveries cancelled")
    DELETED = "webhook.deleted", _("deleted")


def log(webhook: Webhook, action: Action, *, by: Principal, changes: audit.Changes | None = None) -> None:
    """Record what was done to `webhook`, in the caller's transaction."""
    audit.record(action, account=webhook.account, about=webhook, by=by, changes=changes)


def spec_changes(before: WebhookSpec | None, after: WebhookSpec | None) -> dict[str, audit.Pair]:
    """Return the fields in which two specs of a webhook differ, secrets masked; None: before or after its life.

    The settings of its target are named `settings.url` and so on. One secret for another is a mask for a mask.
    """
    changes = audit.difference(_values(before), _values(after))
    return {name: (_shown(before, name, old), _shown(after, name, new)) for name, (old, new) in changes.items()}


def _values(spec: WebhookSpec | None) -> audit.Values | None:
    if spec is None:
        return None
    own = {name: getattr(spec, name) for name in COLUMNS}
    return own | {f"settings.{name}": value for name, value in spec.settings.items()}


def _shown(spec: WebhookSpec | None, name: str, value: object) -> object:
    """Return a value of `spec` without its secrets, of which the kind of target knows most."""
    _prefix, is_setting, setting = name.partition("settings.")
    if spec is None or value is None or not is_setting:
        return value
    if setting in _secret_fields(spec, setting):
        return MASK
    return mask_url(value) if isinstance(value, str) and "://" in value else value


def _secret_fields(spec: WebhookSpec, setting: str) -> frozenset[str]:
    """Return the secret settings of the spec's kind of target; of one that is not known any setting may be."""
    try:
        return targets.get(spec.target_kind).secret_fields
    except targets.UnknownTarget:
        return frozenset({setting})

"""The acts of an administrator on a webhook: create, edit, delete, switch on and off, renew and reveal its secret."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.principal import Principal
from webhooks import targets, wakeup
from webhooks.encryption import Unsealable
from webhooks.errors import Conflict
from webhooks.events import registry
from webhooks.models import Change, Delivery, Secret, Webhook
from webhooks.subscriptions import audit

MAX_WEBHOOKS_PER_ACCOUNT = 500
"""Webhooks of one account: one event must not become a flood (amplification)."""

MAX_OVERLAP_HOURS = 168
DEFAULT_OVERLAP_HOURS = 24
"""How long an old secret stays valid beside the new one, so that a receiver can change over."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a webhook should be: its title, its events, its target and the target's whole settings.

    `resources` restricts to chosen ones (`dataset:cities`); empty means all. Settings that are empty are left out, so
    that two wishes for the same are equal.
    """

    title: str
    event_types: tuple[str, ...]
    target_kind: str
    settings: dict[str, Any]  # Any: the target's own, secrets included
    resources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        kept = {name: value for name, value in self.settings.items() if value not in ("", [], None)}
        object.__setattr__(self, "settings", kept)

    @classmethod
    def of(cls, webhook: Webhook) -> Wish:
        """Give what `webhook` is now."""
        return cls(
            title=webhook.title,
            event_types=tuple(webhook.event_types),
            target_kind=webhook.target_kind,
            settings=readable_settings(webhook),
            resources=tuple(webhook.resources),
        )

    def write(self, webhook: Webhook) -> None:
        """Set the fields of `webhook`, the secret settings sealed."""
        secret = targets.get(self.target_kind).secret_fields
        webhook.title = self.title
        webhook.event_types = in_order(self.event_types)
        webhook.target_kind = self.target_kind
        webhook.resources = list(self.resources)
        webhook.set_settings(
            {name: value for name, value in self.settings.items() if name not in secret},
            {name: value for name, value in self.settings.items() if name in secret},
        )


def readable_settings(webhook: Webhook) -> dict[str, Any]:  # Any: the target's own, secrets included
    """Give the settings as far as they can be read: secrets sealed with a key that is lost must be entered again."""
    try:
        return webhook.settings
    except Unsealable:
        return dict(webhook.config)


def in_order(keys: Iterable[str]) -> list[str]:
    """Give event types by our key, each once, in the order of the registry; raise `registry.UnknownEventType`."""
    asked = {registry.get(key).key for key in keys}
    return [event_type.key for event_type in registry.all_types() if event_type.key in asked]


def create_webhook(account: Account, *, wish: Wish, by: Principal, enabled: bool = True) -> Webhook:
    """Create a webhook with its first secret; raise `Conflict` when the account has too many."""
    webhook = Webhook(account=account)
    wish.write(webhook)
    if not enabled:
        webhook.enabled, webhook.disabled_at = False, timezone.now()
        webhook.disabled_reason = Webhook.DisabledReason.USER
    with transaction.atomic():
        if Webhook.objects.of(account).count() >= MAX_WEBHOOKS_PER_ACCOUNT:
            raise Conflict("too_many", _("This account has too many webhooks."))
        webhook.save(force_insert=True)
        Secret.generate(webhook).save(force_insert=True)
        audit.log(webhook.pk, Change.Kind.CREATED, by=by)
    return webhook


def edit_webhook(webhook: Webhook, *, wish: Wish, by: Principal) -> Webhook:
    """Make `webhook` what is wished; what waits to be sent goes out in the new way.

    Raise `Conflict` when it was deleted, or changed since it was read (`revision`).
    """
    wish = replace(wish, event_types=tuple(in_order(wish.event_types)))
    before = Wish.of(webhook)
    changed = [name for name in Wish.__slots__ if getattr(before, name) != getattr(wish, name)]
    if not changed:
        return webhook
    wish.write(webhook)
    fields = ("title", "event_types", "target_kind", "resources", "config", "sealed")
    with transaction.atomic():
        done = (
            Webhook.objects.alive()
            .filter(pk=webhook.pk, revision=webhook.revision)
            .update(
                **{name: getattr(webhook, name) for name in fields},
                revision=webhook.revision + 1,
                updated_at=timezone.now(),
            )
        )
        if not done:
            raise Conflict("changed", _("This webhook was changed or deleted in the meantime: look at it again."))
        audit.log(webhook.pk, Change.Kind.EDITED, by=by, detail=", ".join(changed))
    webhook.revision += 1
    return webhook


def delete_webhook(webhook: Webhook, *, by: Principal) -> None:
    """Delete a webhook and cancel what waits; what a courier holds right now settles by itself."""
    now = timezone.now()
    with transaction.atomic():
        if not _change(webhook, deleted_at=now):
            return
        settle_waiting(webhook, state=Delivery.State.CANCELLED)
        audit.log(webhook.pk, Change.Kind.DELETED, by=by)
    webhook.deleted_at = now


def enable_webhook(webhook: Webhook, *, by: Principal) -> None:
    """Switch a webhook on again, its health forgotten; raise `Conflict` when it is on or deleted."""
    with transaction.atomic():
        done = _change(
            webhook,
            Q(enabled=False),
            enabled=True,
            disabled_reason="",
            disabled_at=None,
            resting_until=None,
            rests=0,
            failures=0,
            failed_attempts=0,
            failing_since=None,
            told_failing_at=None,
        )
        if not done:
            raise Conflict("enabled", _("This webhook is already enabled."))
        audit.log(webhook.pk, Change.Kind.ENABLED, by=by)
        transaction.on_commit(wakeup.ring, robust=True)
    webhook.refresh_from_db()


def disable_webhook(
    webhook: Webhook,
    *,
    by: Principal,
    reason: Webhook.DisabledReason = Webhook.DisabledReason.USER,
) -> None:
    """Switch a webhook off; what waits becomes `skipped`. Raise `Conflict` when it is off or deleted."""
    now = timezone.now()
    with transaction.atomic():
        if not _change(webhook, Q(enabled=True), enabled=False, disabled_reason=reason, disabled_at=now):
            raise Conflict("disabled", _("This webhook is already disabled."))
        settle_waiting(webhook, state=Delivery.State.SKIPPED)
        audit.log(webhook.pk, Change.Kind.DISABLED, by=by, detail=reason)
    webhook.refresh_from_db()


def rotate_secret(webhook: Webhook, *, by: Principal, overlap_hours: int = DEFAULT_OVERLAP_HOURS) -> Secret:
    """Give the webhook a new secret; every older one stays valid for at most `overlap_hours` (0 to 168) more.

    Raise ValueError for another overlap, `Conflict` when the webhook was deleted.
    """
    if not 0 <= overlap_hours <= MAX_OVERLAP_HOURS:
        raise ValueError(f"An overlap of {overlap_hours} hours is not between 0 and {MAX_OVERLAP_HOURS}.")
    until = timezone.now() + timedelta(hours=overlap_hours)
    with transaction.atomic():
        if not _change(webhook):
            raise Conflict("deleted", _("This webhook was deleted."))
        webhook.secrets.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=until)).update(valid_until=until)
        secret = Secret.generate(webhook)
        secret.save(force_insert=True)
        audit.log(webhook.pk, Change.Kind.SECRET_ROTATED, by=by, detail=f"{overlap_hours} h")
    webhook.refresh_from_db()
    return secret


def reveal_secret(webhook: Webhook, *, by: Principal) -> str:
    """Give the current secret, `whsec_…`, and note who saw it."""
    with transaction.atomic():
        audit.log(webhook.pk, Change.Kind.SECRET_REVEALED, by=by)
        return webhook.secrets.get(valid_until__isnull=True).reveal()


def settle_waiting(webhook: Webhook, *, state: Delivery.State) -> int:
    """Give every pending delivery that no courier holds its last `state`; tell how many."""
    now = timezone.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    return (
        webhook.deliveries.filter(free, state=Delivery.State.PENDING)
        .order_by()
        .update(state=state, next_attempt_at=None, settled_at=now, lease_token=None, leased_until=None)
    )


def _change(webhook: Webhook, condition: Q | None = None, **fields: Any) -> bool:  # Any: values of the model's fields
    """Update a webhook that is not deleted, under `condition`, as a new revision; tell whether it was done."""
    found = Webhook.objects.alive().filter(condition or Q(), pk=webhook.pk)
    return bool(found.update(**fields, revision=F("revision") + 1, updated_at=timezone.now()))

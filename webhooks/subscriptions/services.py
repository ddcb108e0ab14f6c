"""What can be done to a webhook: create, edit, delete, enable and disable it, rotate and reveal its secret."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.principal import Principal
from webhooks import wakeup
from webhooks.egress import MASK
from webhooks.errors import Conflict
from webhooks.models import Delivery, HealthChange, Secret, Webhook
from webhooks.subscriptions import audit, editions
from webhooks.subscriptions.audit import Action
from webhooks.subscriptions.spec import WebhookSpec

MAX_WEBHOOKS_PER_ACCOUNT = 500
"""One event makes as many requests: the limit keeps an account from being used to flood others."""

MAX_OVERLAP_HOURS = 168
DEFAULT_OVERLAP_HOURS = 24
"""How long an old secret stays valid beside the new one, so that the receiver has time to change over."""


def create_webhook(account: Account, *, spec: WebhookSpec, by: Principal, enabled: bool = True) -> Webhook:
    """Create a webhook with its first secret.

    Raise `Conflict` when the account has too many, `registry.UnknownEventType` for an event type that is not one.
    """
    webhook = Webhook(account=account, **spec.ordered().columns())
    if not enabled:
        webhook.enabled, webhook.disabled_at = False, timezone.now()
        webhook.disabled_reason = Webhook.DisabledReason.USER
    with transaction.atomic():
        editions.lock_account(account)
        if Webhook.objects.of(account).count() >= MAX_WEBHOOKS_PER_ACCOUNT:
            raise Conflict("too_many", _("This account has too many webhooks."))
        webhook.save(force_insert=True)
        Secret.generate(webhook).save(force_insert=True)
        changes = {**audit.spec_changes(None, WebhookSpec.of(webhook)), "enabled": (None, enabled)}
        audit.log(webhook, Action.CREATED, by=by, changes=changes)
    return webhook


def edit_webhook(webhook: Webhook, *, spec: WebhookSpec, by: Principal) -> Webhook:
    """Change what `spec` changes of `webhook`, which its editor has read, and return the webhook as it is now.

    Nothing else is written, so that nothing is lost of what others have changed since it was read. Pending deliveries
    are sent to the new target. Raise `Conflict` when it was deleted, or when the same was changed by others meanwhile
    (`editions.merge`); `registry.UnknownEventType` for an event type that is not one.
    """
    base, spec = WebhookSpec.of(webhook), spec.ordered()
    if not spec.changes_from(base):
        return webhook
    with transaction.atomic():
        try:
            current = editions.locked(webhook)
        except Webhook.DoesNotExist:
            raise Conflict("changed", editions.MEANWHILE) from None
        stored = WebhookSpec.of(current)
        merged = editions.merge(spec, base=base, current=stored)
        changed = merged.changes_from(stored)
        if changed:
            columns = merged.columns(changed) | {"revision": current.revision + 1, "updated_at": timezone.now()}
            Webhook.objects.filter(pk=current.pk).update(**columns)
            audit.log(current, Action.UPDATED, by=by, changes=audit.spec_changes(stored, merged))
            for name, value in columns.items():
                setattr(current, name, value)
    return current


def delete_webhook(webhook: Webhook, *, by: Principal) -> None:
    """Delete a webhook and cancel its pending deliveries; a worker settles those that it holds right now."""
    now = timezone.now()
    with transaction.atomic():
        if not _update(webhook, deleted_at=now):
            return
        webhook.deliveries.all().settle_unsent(Delivery.State.CANCELLED, now=now)
        stored = Webhook.objects.select_related("account").get(pk=webhook.pk)
        audit.log(stored, Action.DELETED, by=by, changes=audit.spec_changes(WebhookSpec.of(stored), None))
    webhook.deleted_at = now


def enable_webhook(webhook: Webhook, *, by: Principal) -> None:
    """Enable a webhook and reset its health; raise `Conflict` when it is enabled already, or deleted."""
    with transaction.atomic():
        reason = Webhook.objects.select_for_update().filter(pk=webhook.pk).values_list("disabled_reason", flat=True)
        before = reason.first()
        done = _update(
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
        changes = {"enabled": (False, True), "disabled_reason": (before, "")}
        audit.log(webhook, Action.ENABLED, by=by, changes=changes)
        transaction.on_commit(wakeup.ring, robust=True)
    webhook.refresh_from_db()


def disable_webhook(
    webhook: Webhook,
    *,
    by: Principal,
    reason: Webhook.DisabledReason = Webhook.DisabledReason.USER,
) -> None:
    """Disable a webhook and skip its pending deliveries; raise `Conflict` when it is disabled already, or deleted."""
    now = timezone.now()
    with transaction.atomic():
        if not _update(webhook, Q(enabled=True), enabled=False, disabled_reason=reason, disabled_at=now):
            raise Conflict("disabled", _("This webhook is already disabled."))
        webhook.deliveries.all().settle_unsent(Delivery.State.SKIPPED, now=now)
        if reason != Webhook.DisabledReason.USER:
            HealthChange.objects.create(webhook=webhook, kind=HealthChange.Kind.DISABLED, reason=reason)
        changes = {"enabled": (True, False), "disabled_reason": ("", str(reason))}
        audit.log(webhook, Action.DISABLED, by=by, changes=changes)
    webhook.refresh_from_db()


def rotate_secret(webhook: Webhook, *, by: Principal, overlap_hours: int = DEFAULT_OVERLAP_HOURS) -> Secret:
    """Make a new secret and return it; every older one stays valid for at most `overlap_hours` (0 to 168) more.

    Raise ValueError for another overlap, `Conflict` when the webhook was deleted.
    """
    if not 0 <= overlap_hours <= MAX_OVERLAP_HOURS:
        raise ValueError(f"An overlap of {overlap_hours} hours is not between 0 and {MAX_OVERLAP_HOURS}.")
    until = timezone.now() + timedelta(hours=overlap_hours)
    with transaction.atomic():
        if not _update(webhook):
            raise Conflict("deleted", _("This webhook was deleted."))
        webhook.secrets.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=until)).update(valid_until=until)
        secret = Secret.generate(webhook)
        secret.save(force_insert=True)
        changes = {"secret": (MASK, audit.ROTATED), "overlap": (None, f"{overlap_hours} h")}
        audit.log(webhook, Action.SECRET_ROTATED, by=by, changes=changes)
    webhook.refresh_from_db()
    return secret


def reveal_secret(webhook: Webhook, *, by: Principal) -> str:
    """Return the current secret, `whsec_…`, and log who saw it."""
    with transaction.atomic():
        audit.log(webhook, Action.SECRET_REVEALED, by=by)
        return webhook.secrets.get(valid_until__isnull=True).reveal()


def _update(webhook: Webhook, condition: Q | None = None, **columns: Any) -> bool:
    """Update a webhook as a new revision, unless it is deleted or not in `condition`; return whether it was updated."""
    found = Webhook.objects.alive().filter(condition or Q(), pk=webhook.pk)
    return bool(found.update(**columns, revision=F("revision") + 1, updated_at=timezone.now()))

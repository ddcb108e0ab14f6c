"""What attempts say of a webhook: when it rests, when it is disabled, and what its administrators are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.principal import WORKER
from webhooks.delivery.circuit_breaker import Health, after_failure, after_success, given_up
from webhooks.models import Change, Webhook
from webhooks.subscriptions import audit, services
from webhooks.targets import Verdict

HEALTH_FIELDS = ("failures", "failed_attempts", "failing_since", "rests", "resting_until")


@dataclass(frozen=True, slots=True)
class Note:
    """What one attempt says: `silent` when no answer came, `probe` when it decided over the end of a rest,
    `exhausted` when it was the last of its delivery's schedule, `pause_s` what a 429 asked for.
    """

    verdict: Verdict
    silent: bool = False
    pause_s: float | None = None
    probe: bool = False
    exhausted: bool = False


def note(notes: Mapping[int, Sequence[Note]], *, now: datetime) -> None:
    """Take the attempts of webhooks, by their ids, into their health, in the order in which they ended.

    All in one transaction: when a host of a hundred webhooks hangs, the others do not wait for a hundred of them. Nor
    does a fan-out, whose foreign keys share these rows, wait for a lock that leaves the keys alone.
    """
    with transaction.atomic():
        locked = Webhook.objects.select_for_update(no_key=True).filter(pk__in=list(notes)).order_by("pk")
        noted = [(webhook, _noted(webhook, notes[webhook.pk], now=now)) for webhook in locked]
        changed = [webhook for webhook, health in noted if health != _health_of(webhook)]
        for webhook, health in noted:
            for field in HEALTH_FIELDS:
                setattr(webhook, field, getattr(health, field))
        Webhook.objects.bulk_update(changed, HEALTH_FIELDS)
        for webhook, health in noted:
            _tell(webhook, notes[webhook.pk], health, now=now)


def _health_of(webhook: Webhook) -> Health:
    return Health(**{field: getattr(webhook, field) for field in HEALTH_FIELDS})


def _noted(webhook: Webhook, notes: Sequence[Note], *, now: datetime) -> Health:
    """Give the health of the webhook after these attempts."""
    health = _health_of(webhook)
    for each in notes:
        health = _after(health, each, now=now)
    return health


def _after(health: Health, each: Note, *, now: datetime) -> Health:
    if each.verdict is Verdict.DELIVERED:
        return after_success(health)
    return after_failure(health, now=now, transport=each.silent, pause_s=each.pause_s, probe=each.probe)


def _tell(webhook: Webhook, notes: Sequence[Note], health: Health, *, now: datetime) -> None:
    """Disable the webhook, or log that it fails for good or works again, each once per transition.

    Of one that was switched off or deleted while requests were in flight there is nothing to tell any more.
    """
    if not webhook.enabled or webhook.deleted_at is not None:
        return
    if any(each.verdict is Verdict.GONE for each in notes):
        services.disable_webhook(webhook, reason=Webhook.DisabledReason.GONE, by=WORKER)
    elif given_up(health, now=now):
        services.disable_webhook(webhook, reason=Webhook.DisabledReason.FAILING, by=WORKER)
    elif webhook.told_failing_at is None and any(each.exhausted for each in notes):
        _mark(webhook, Change.Kind.FAILING, told_failing_at=now)
    elif webhook.told_failing_at is not None and health.well:
        _mark(webhook, Change.Kind.RECOVERED, told_failing_at=None)


def _mark(webhook: Webhook, kind: Change.Kind, *, told_failing_at: datetime | None) -> None:
    webhook.told_failing_at = told_failing_at
    webhook.save(update_fields=["told_failing_at"])
    audit.log(webhook.pk, kind, by=WORKER)

"""What attempts mean for their webhook: whether it rests, is disabled, or has failed long enough to be reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import orjson
from django.db import connection, transaction

from accounts.principal import WORKER
from webhooks.delivery.circuit_breaker import Health, after_failure, after_success, given_up
from webhooks.delivery.sql import prepared_cursor
from webhooks.models import HealthChange, Webhook
from webhooks.subscriptions import audit, services
from webhooks.subscriptions.audit import Action
from webhooks.targets import Verdict

HEALTH_FIELDS = ("failures", "failed_attempts", "failing_since", "rests", "resting_until")


@dataclass(frozen=True, slots=True)
class AttemptReport:
    """What one attempt says of its webhook.

    `silent`: no answer came. `pause_s`: the pause that a 429 asked for. `probe`: it was the one that decides whether
    the webhook rests again. `exhausted`: its delivery has failed for good.
    """

    verdict: Verdict
    silent: bool = False
    pause_s: float | None = None
    probe: bool = False
    exhausted: bool = False


def update_health(reports: Mapping[int, Sequence[AttemptReport]], *, now: datetime) -> None:
    """Update the health of webhooks from reports by webhook id, in the order in which the attempts ended.

    All in one transaction: when a host of a hundred webhooks hangs, the others do not wait for a hundred of them. The
    lock leaves the keys alone: a fan-out, whose foreign keys share these rows, does not wait for it.
    """
    with transaction.atomic():
        locked = Webhook.objects.select_for_update(no_key=True).filter(pk__in=list(reports)).order_by("pk")
        updated = [(webhook, _health_after(webhook, reports[webhook.pk], now=now)) for webhook in locked]
        changed = [webhook for webhook, health in updated if health != _health_of(webhook)]
        for webhook, health in updated:
            for field in HEALTH_FIELDS:
                setattr(webhook, field, getattr(health, field))
        _write(changed)
        for webhook, health in updated:
            _act_on(webhook, reports[webhook.pk], health, now=now)


# One statement, with the batch as one JSON document, as in `settle`: the ORM takes a millisecond of the courier's time
# for each webhook, and when a name server or a host dies there are hundreds of them at once.
WRITE_POSTGRESQL = """
UPDATE webhooks_webhook w
SET failures = h.failures, failed_attempts = h.failed_attempts, failing_since = h.failing_since, rests = h.rests,
    resting_until = h.resting_until
FROM json_to_recordset(%s::json) AS h(
    id bigint, failures int, failed_attempts int, failing_since timestamptz, rests int, resting_until timestamptz
)
WHERE w.id = h.id
"""


def _write(webhooks: Sequence[Webhook]) -> None:
    """Store the health of webhooks that are locked."""
    if connection.vendor != "postgresql":
        Webhook.objects.bulk_update(webhooks, HEALTH_FIELDS)
    elif webhooks:
        rows = [{"id": webhook.pk, **asdict(_health_of(webhook))} for webhook in webhooks]
        with prepared_cursor() as cursor:
            cursor.execute(WRITE_POSTGRESQL, [orjson.dumps(rows).decode()])


def _health_of(webhook: Webhook) -> Health:
    return Health(**{field: getattr(webhook, field) for field in HEALTH_FIELDS})


def _health_after(webhook: Webhook, reports: Sequence[AttemptReport], *, now: datetime) -> Health:
    health = _health_of(webhook)
    for report in reports:
        if report.verdict is Verdict.DELIVERED:
            health = after_success(health, now=now)
        else:
            health = after_failure(health, now=now, transport=report.silent, pause_s=report.pause_s, probe=report.probe)
    return health


def _act_on(webhook: Webhook, reports: Sequence[AttemptReport], health: Health, *, now: datetime) -> None:
    """Disable the webhook, or log that it fails for good or has recovered: once for each such change.

    One that was disabled or deleted while requests were in flight is left alone.
    """
    if not webhook.enabled or webhook.deleted_at is not None:
        return
    if any(report.verdict is Verdict.GONE for report in reports):
        services.disable_webhook(webhook, reason=Webhook.DisabledReason.GONE, by=WORKER)
    elif given_up(health, now=now):
        services.disable_webhook(webhook, reason=Webhook.DisabledReason.FAILING, by=WORKER)
    elif webhook.told_failing_at is None and any(report.exhausted for report in reports):
        HealthChange.objects.create(webhook=webhook, kind=HealthChange.Kind.FAILING)
        _log_change(webhook, Action.FAILING, told_failing_at=now)
    elif webhook.told_failing_at is not None and health.healthy:
        _log_change(webhook, Action.RECOVERED, told_failing_at=None)


def _log_change(webhook: Webhook, action: Action, *, told_failing_at: datetime | None) -> None:
    webhook.told_failing_at = told_failing_at
    webhook.save(update_fields=["told_failing_at"])
    audit.log(webhook, action, by=WORKER)

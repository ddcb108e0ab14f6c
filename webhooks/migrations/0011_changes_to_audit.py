"""Copy the log of each webhook to the audit of its account; what is left tells administrators of its health."""

from __future__ import annotations

from typing import Any

from django.db import migrations

BATCH = 500
MASK = "•••"

ACTIONS = {
    'created': 'webhook.created',
    'edited': 'webhook.updated',
    'enabled': 'webhook.enabled',
    'disabled': 'webhook.disabled',
    'failing': 'webhook.failing',
    'recovered': 'webhook.recovered',
    'secret_rotated': 'webhook.secret_rotated',
    'secret_revealed': 'webhook.secret_revealed',
    'tested': 'webhook.tested',
    'replayed': 'webhook.replayed',
    'cancelled': 'webhook.cancelled',
    'deleted': 'webhook.deleted',
}
TOLD = {'kind__in': ['failing', 'disabled'], 'by_kind': 'worker'}
"""The changes of which administrators are told."""


def copy(apps: Any, schema_editor: Any) -> None:
    """Insert an entry for each change, in their order, and delete those that nobody is told of."""
    Change, AuditEntry = apps.get_model('webhooks', 'Change'), apps.get_model('accounts', 'AuditEntry')
    changes = Change.objects.select_related('webhook__account').order_by('pk')
    last = 0
    while batch := list(changes.filter(pk__gt=last)[:BATCH]):
        AuditEntry.objects.bulk_create([_entry(AuditEntry, change) for change in batch])
        last = batch[-1].pk
    Change.objects.exclude(**TOLD).delete()


def put_back(apps: Any, schema_editor: Any) -> None:
    """Make the changes of the entries about webhooks that are still there, and delete these entries."""
    Change, AuditEntry = apps.get_model('webhooks', 'Change'), apps.get_model('accounts', 'AuditEntry')
    webhooks = {str(pk): pk for pk in apps.get_model('webhooks', 'Webhook').objects.values_list('pk', flat=True)}
    kinds = {action: kind for kind, action in ACTIONS.items()}
    entries = AuditEntry.objects.filter(object_type='webhook')
    last = 0
    while batch := list(entries.filter(pk__gt=last).order_by('pk')[:BATCH]):
        found = [entry for entry in batch if entry.action in kinds and entry.object_id in webhooks]
        Change.objects.bulk_create(
            Change(
                webhook_id=webhooks[entry.object_id],
                kind=kinds[entry.action],
                detail=_detail(entry),
                by_kind=entry.actor_kind,
                by_id=entry.actor_id,
                by_name=entry.actor_name,
                at=entry.at,
            )
            for entry in found
            if (kinds[entry.action], entry.actor_kind) not in {('failing', 'worker'), ('disabled', 'worker')}
        )
        last = batch[-1].pk
    entries.delete()


def _entry(AuditEntry: Any, change: Any) -> Any:
    account = change.webhook.account
    return AuditEntry(
        at=change.at,
        account_id=account.pk,
        account_key=f'{account.kind}:{account.slug}',
        actor_kind=change.by_kind,
        actor_id=change.by_id,
        actor_name=change.by_name,
        action=ACTIONS[change.kind],
        object_type='webhook',
        object_id=str(change.webhook_id),
        object_title=change.webhook.title,
        changes=_changes(change.kind, change.detail),
    )


def _changes(kind: str, detail: str) -> dict[str, list[Any]]:
    """Return what the log knew: the names of edited fields without their values, a reason, an event, a number."""
    if kind == 'edited':
        return {name: [None, None] for name in detail.split(', ')} if detail else {}
    if kind == 'enabled':
        return {'enabled': [False, True]}
    if kind == 'disabled':
        return {'enabled': [True, False], 'disabled_reason': ['', detail]}
    if kind == 'secret_rotated':
        return {'secret': [MASK, 'rotated'], 'overlap': [None, detail]}
    if kind == 'tested':
        return {'event_type': [None, detail]}
    if kind in {'replayed', 'cancelled'}:
        return {'deliveries': [None, int(detail)]} if len(detail) < 20 else {'event': [None, detail]}
    return {}


def _detail(entry: Any) -> str:
    if entry.action == 'webhook.updated':
        return ', '.join(entry.changes)[:300]
    names = ('disabled_reason', 'overlap', 'event_type', 'event', 'deliveries')
    return next((str(entry.changes[name][1]) for name in names if name in entry.changes), '')


class Migration(migrations.Migration):

    dependencies = [
        ('webhooks', '0010_notifications'),
        ('accounts', '0003_audit'),
    ]

    operations = [migrations.RunPython(copy, put_back)]

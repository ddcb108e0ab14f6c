"""The migrations of data."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.audit import entries_of, history_of
from tests.factories import UserFactory, WebhookFactory
from webhooks.models import HealthChange, Notification, Webhook

BEFORE, AFTER = [("webhooks", "0010_notifications")], [("webhooks", "0012_health_changes")]
HEX = "0192f1c0a1b27c3d8e4f5a6b7c8d9e0f"

LOG = [
    ("created", "", "user", "Alice"),
    ("edited", "title, settings", "user", "Alice"),
    ("tested", "dataset.error", "apikey", "Cron"),
    ("replayed", "12", "user", "Alice"),
    ("cancelled", HEX, "user", "Alice"),
    ("secret_rotated", "24 h", "user", "Alice"),
    ("secret_revealed", "", "user", "Alice"),
    ("failing", "", "worker", "Porte-voix"),
    ("recovered", "", "worker", "Porte-voix"),
    ("disabled", "gone", "worker", "Porte-voix"),
    ("enabled", "", "user", "Alice"),
    ("disabled", "user", "user", "Alice"),
    ("deleted", "", "user", "Alice"),
]
HISTORY = [("updated" if kind == "edited" else kind, detail, name) for kind, detail, _by, name in LOG]


def migrate(targets):
    """Migrate, and return the models as they are then."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.mark.django_db(transaction=True)
def test_the_log_of_a_webhook_moves_to_the_audit_and_back(account):
    webhook, other, anna = (
        WebhookFactory.create(account=account, title="Chat"),
        WebhookFactory.create(account=account),
        UserFactory.create(),
    )
    old = migrate(BEFORE)
    change = old.get_model("webhooks", "Change")
    for kind, detail, by_kind, by_name in LOG:
        change.objects.create(
            webhook_id=webhook.pk, kind=kind, detail=detail, by_kind=by_kind, by_id="7", by_name=by_name
        )
    change.objects.create(webhook_id=other.pk, kind="created", by_kind="command")
    gone = change.objects.get(kind="disabled", by_kind="worker")
    old.get_model("webhooks", "Notification").objects.create(change=gone, user_id=anna.pk)
    at = list(change.objects.filter(webhook_id=webhook.pk).order_by("id").values_list("at", flat=True))

    migrate(AFTER)

    assert history_of(webhook) == HISTORY
    entries = entries_of(webhook)
    assert [entry.at for entry in entries] == at
    assert {(entry.account_id, entry.account_key, entry.object_title) for entry in entries} == {
        (account.pk, "organization:ville", "Chat")
    }
    assert [entry.changes for entry in entries][1:3] == [
        {"title": [None, None], "settings": [None, None]},
        {"event_type": [None, "dataset.error"]},
    ]
    assert [entry.actor_id for entry in entries] == ["7"] * len(LOG)
    assert history_of(other) == [("created", "", "")]
    told = [(one.pk, one.kind, one.reason, one.webhook) for one in HealthChange.objects.order_by("id")]
    assert [one[1:] for one in told] == [("failing", "", webhook), ("disabled", "gone", webhook)]
    assert [(one.change_id, one.user) for one in Notification.objects.all()] == [(told[1][0], anna)]

    back = migrate(BEFORE).get_model("webhooks", "Change").objects.filter(webhook_id=webhook.pk)
    assert sorted(back.values_list("kind", "detail", "by_kind")) == sorted(one[:3] for one in LOG)
    assert entries_of(webhook) == []

    migrate(AFTER)
    assert sorted(history_of(webhook)) == sorted(HISTORY)
    assert HealthChange.objects.count() == 2
    assert Webhook.objects.count() == 2

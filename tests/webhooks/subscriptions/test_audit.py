"""What the audit says of webhooks: every field that was changed, and no secret of any."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from accounts.principal import Principal
from accounts.services import api_keys
from tests.audit import entries_of
from tests.factories import WebhookFactory
from webhooks import targets
from webhooks.delivery import retention
from webhooks.models import Secret, Webhook
from webhooks.subscriptions import services
from webhooks.subscriptions.audit import spec_changes
from webhooks.subscriptions.spec import WebhookSpec

PLANTED = [f"pl4nted{number}" for number in range(9)]
URLS = [
    f"https://{PLANTED[0]}:{PLANTED[1]}@hooks.example/in?token={PLANTED[2]}&{PLANTED[3]}",
    f"https://hooks.slack.com/services/T0/B0/{PLANTED[4]}",
    f"https://discord.com/api/webhooks/1/{PLANTED[4]}",
    f"https://chat.example/hooks/{PLANTED[4]}",
]
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "http": [{"url": url, "format": "standard", "headers": [["Authorization", PLANTED[5]]]} for url in URLS],
    "google_analytics": [{"tracking_id": "G-ABCDEF1234", "app_name": "Portal", "api_secret": PLANTED[6]}],
    "matomo": [{"tracker_base": f"https://m.example/?k={PLANTED[7]}", "site_id": "3", "token_auth": PLANTED[8]}],
}
SPECS = [
    WebhookSpec(title=f"{kind} {n}", event_types=("dataset.finalized",), target_kind=kind, settings=settings)
    for kind, found in SETTINGS.items()
    for n, settings in enumerate(found)
]


def dump() -> str:
    """Return all that the table of the audit holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_auditentry")
        return repr(cursor.fetchall())


def test_the_samples_hold_every_secret_of_every_target():
    assert set(SETTINGS) == {target.kind for target in targets.all_targets()}
    assert [
        (kind, name)
        for kind, found in SETTINGS.items()
        for name in targets.get(kind).secret_fields
        if not any("pl4nted" in str(settings.get(name)) for settings in found)
    ] == []


def test_no_secret_stands_in_the_audit_whatever_is_done_to_a_webhook(account, by):
    secrets = set(PLANTED)
    for before in SPECS:
        webhook = services.create_webhook(account, spec=before, by=by)
        secrets |= {services.reveal_secret(webhook, by=by), services.rotate_secret(webhook, by=by).reveal()}
        for after in SPECS:
            webhook = services.edit_webhook(webhook, spec=after, by=by)
        changed = {name: f"{value}x" for name, value in SPECS[0].settings.items() if isinstance(value, str)}
        webhook = services.edit_webhook(webhook, spec=replace(SPECS[0], settings=SPECS[0].settings | changed), by=by)
        services.delete_webhook(webhook, by=by)
    key, clear = api_keys.issue_key(account, title="Cron", scopes=["datasets"], by=by)
    secrets |= {clear, clear.split("_")[2], key.digest}
    api_keys.revoke_key(key, by=by)
    secrets |= {one.sealed for one in Secret.objects.all()} | {
        one.sealed for one in Webhook.objects.all() if one.sealed
    }

    stored = dump()

    assert stored.count("webhook.updated") > 20
    assert "https://hooks.slack.com/services/" in stored
    assert [secret for secret in secrets if secret in stored] == []


def test_of_a_target_that_is_no_longer_known_no_setting_is_shown():
    known = SPECS[0]
    lost = replace(known, target_kind="carrier_pigeon")

    changes = spec_changes(lost, known)

    assert {name: before for name, (before, _after) in changes.items()} == {"target_kind": "carrier_pigeon"}
    assert spec_changes(lost, None)["settings.url"] == ("•••", None)


def test_one_secret_for_another_is_a_mask_for_a_mask(account, by):
    webhook = WebhookFactory.create(
        account=account, settings={"url": "https://hooks.example/?a=1", "headers": [["X", "1"]]}
    )
    spec = WebhookSpec.of(webhook)

    services.edit_webhook(
        webhook, spec=replace(spec, settings={"url": "https://hooks.example/?a=2", "headers": [["X", "2"]]}), by=by
    )

    (entry,) = entries_of(webhook)
    assert entry.changes == {
        "settings.url": ["https://hooks.example/?a=•••"] * 2,
        "settings.headers": ["•••"] * 2,
    }


def test_a_webhook_deleted_by_a_stale_copy_is_told_as_it_was(account, by):
    webhook = WebhookFactory.create(account=account, title="First")
    stale = Webhook.objects.get(pk=webhook.pk)
    services.edit_webhook(webhook, spec=replace(WebhookSpec.of(webhook), title="Second"), by=by)

    services.delete_webhook(stale, by=by)

    assert entries_of(webhook)[-1].changes["title"] == ["Second", None]
    retention.purge()
    assert [entry.object_title for entry in entries_of(webhook)] == ["First", "Second"]


@pytest.mark.parametrize("kind", ["user", "apikey", "command", "worker"])
def test_whoever_acts_is_named(account, kind):
    webhook = WebhookFactory.create(account=account)

    services.disable_webhook(webhook, by=Principal(kind=kind, id="7", name="N" * 200, address="2001:db8::1"))

    (entry,) = entries_of(webhook)
    assert (entry.actor_kind, entry.actor_id, entry.actor_name) == (kind, "7", "N" * 150)

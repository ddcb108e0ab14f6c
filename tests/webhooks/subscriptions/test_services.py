"""What an administrator can do to a webhook, and what each act leaves behind."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.audit import history_of
from tests.factories import DeliveryFactory, WebhookFactory
from webhooks.errors import Conflict
from webhooks.models import Delivery, Webhook
from webhooks.subscriptions import services
from webhooks.subscriptions.spec import WebhookSpec

SETTINGS = {"url": "https://recepteur.example/in", "format": "message", "headers": [["X-Key", "s3cret"]]}
SPEC = WebhookSpec(title="Mairie", event_types=("dataset-finalize-end",), target_kind="http", settings=SETTINGS)


@pytest.fixture
def webhook(account):
    return WebhookFactory.create(account=account)


def states(webhook):
    return list(Delivery.objects.filter(webhook=webhook).order_by("id").values_list("state", flat=True))


def test_a_webhook_is_created_with_its_first_secret_and_its_secrets_sealed(account, by):
    webhook = services.create_webhook(account, spec=SPEC, by=by)

    stored = Webhook.objects.get(pk=webhook.pk)
    assert (stored.title, stored.event_types, stored.state) == ("Mairie", ["dataset.finalized"], "active")
    assert stored.config == {"url": "https://recepteur.example/in", "format": "message"}
    assert "s3cret" not in stored.sealed
    assert stored.settings == SETTINGS
    assert stored.secrets.get().reveal().startswith("whsec_")
    assert history_of(webhook) == [("created", "", "Alice")]


def test_event_types_are_stored_once_each_in_the_order_of_the_registry(account, by):
    keys = ("application-error", "dataset.finalized", "dataset-finalize-end")

    webhook = services.create_webhook(account, spec=replace(SPEC, event_types=keys), by=by)

    assert webhook.event_types == ["dataset.finalized", "visualisation.error"]


@pytest.mark.usefixtures("in_english")
def test_an_account_cannot_have_webhooks_without_end(account, by, monkeypatch):
    monkeypatch.setattr(services, "MAX_WEBHOOKS_PER_ACCOUNT", 1)
    services.create_webhook(account, spec=SPEC, by=by)

    with pytest.raises(Conflict, match="too many"):
        services.create_webhook(account, spec=SPEC, by=by)
    assert Webhook.objects.of(account).count() == 1


def test_an_edit_is_a_new_revision_and_says_what_changed(webhook, by):
    edited = services.edit_webhook(webhook, spec=replace(SPEC, title=webhook.title), by=by)

    stored = Webhook.objects.get(pk=webhook.pk)
    assert (stored.revision, stored.settings) == (2, SETTINGS)
    assert history_of(webhook) == [("updated", "settings.url, settings.headers", "Alice")]
    assert (edited.revision, edited.settings) == (2, SETTINGS)


def test_an_edit_that_changes_nothing_leaves_no_trace(webhook, by):
    services.edit_webhook(webhook, spec=WebhookSpec.of(webhook), by=by)

    assert (Webhook.objects.get(pk=webhook.pk).revision, history_of(webhook)) == (1, [])


def test_an_edit_keeps_what_somebody_else_has_changed_since_it_was_read(webhook, by):
    mine, read = Webhook.objects.get(pk=webhook.pk), WebhookSpec.of(webhook)
    services.edit_webhook(webhook, spec=replace(read, title="Theirs"), by=by)

    edited = services.edit_webhook(mine, spec=replace(read, description="Mine"), by=by)

    stored = Webhook.objects.get(pk=webhook.pk)
    assert (stored.title, stored.description, stored.revision) == ("Theirs", "Mine", 3)
    assert WebhookSpec.of(edited) == WebhookSpec.of(stored)
    assert [detail for _kind, detail, _name in history_of(webhook)] == ["title", "description"]


@pytest.mark.usefixtures("in_english")
def test_an_edit_of_what_somebody_else_has_changed_is_refused(webhook, by):
    mine = Webhook.objects.get(pk=webhook.pk)
    services.edit_webhook(webhook, spec=replace(WebhookSpec.of(webhook), title="First"), by=by)

    with pytest.raises(Conflict, match="meantime"):
        services.edit_webhook(mine, spec=replace(WebhookSpec.of(webhook), title="Second"), by=by)
    assert Webhook.objects.get(pk=webhook.pk).title == "First"


def test_a_deleted_webhook_is_out_of_sight_and_what_waited_is_cancelled(webhook, by):
    DeliveryFactory.create(webhook=webhook)
    DeliveryFactory.create(webhook=webhook, state="delivered")
    DeliveryFactory.create(webhook=webhook, leased=True)
    DeliveryFactory.create(webhook=webhook, leased=True, leased_until=timezone.now() - timedelta(seconds=1))

    services.delete_webhook(webhook, by=by)
    services.delete_webhook(webhook, by=by)

    assert not Webhook.objects.of(webhook.account).exists()
    assert states(webhook) == ["cancelled", "delivered", "pending", "cancelled"]
    assert [kind for kind, *_ in history_of(webhook)] == ["deleted"]


@pytest.mark.usefixtures("in_english")
def test_a_disabled_webhook_skips_what_waited(webhook, by):
    DeliveryFactory.create(webhook=webhook)
    DeliveryFactory.create(webhook=webhook, leased=True)

    services.disable_webhook(webhook, by=by)

    assert (webhook.state, webhook.disabled_reason, webhook.revision) == ("disabled", "user", 2)
    assert states(webhook) == ["skipped", "pending"]
    assert history_of(webhook) == [("disabled", "user", "Alice")]
    with pytest.raises(Conflict, match="already disabled"):
        services.disable_webhook(webhook, by=by)


@pytest.mark.usefixtures("in_english")
def test_an_enabled_webhook_starts_in_good_health(account, by):
    webhook = WebhookFactory.create(
        account=account, disabled=True, rests=3, failures=5, failed_attempts=20, failing_since=timezone.now()
    )

    services.enable_webhook(webhook, by=by)

    assert (webhook.state, webhook.rests, webhook.failures, webhook.failed_attempts) == ("active", 0, 0, 0)
    assert (webhook.failing_since, webhook.disabled_at, webhook.disabled_reason) == (None, None, "")
    with pytest.raises(Conflict, match="already enabled"):
        services.enable_webhook(webhook, by=by)


def test_an_old_secret_stays_valid_for_the_overlap_and_no_longer(webhook, by):
    first = webhook.secrets.get()

    second = services.rotate_secret(webhook, by=by)
    third = services.rotate_secret(webhook, by=by, overlap_hours=1)

    now = timezone.now()
    assert list(webhook.secrets.valid(now)) == [third, second, first]
    assert list(webhook.secrets.valid(now + timedelta(minutes=61))) == [third]
    assert webhook.revision == 3
    assert history_of(webhook) == [("secret_rotated", "24 h", "Alice"), ("secret_rotated", "1 h", "Alice")]


def test_without_overlap_only_the_new_secret_is_valid(webhook, by):
    services.rotate_secret(webhook, by=by)

    new = services.rotate_secret(webhook, by=by, overlap_hours=0)

    assert list(webhook.secrets.valid(timezone.now())) == [new]


@pytest.mark.parametrize("hours", [-1, 169])
def test_an_overlap_is_between_none_and_a_week(webhook, by, hours):
    with pytest.raises(ValueError, match="overlap"):
        services.rotate_secret(webhook, by=by, overlap_hours=hours)


def test_who_looked_at_the_secret_is_noted(webhook, by):
    secret = services.reveal_secret(webhook, by=by)

    assert secret == webhook.secrets.get().reveal()
    assert history_of(webhook) == [("secret_revealed", "", "Alice")]


def test_a_deleted_webhook_can_be_neither_edited_nor_switched_nor_given_a_secret(webhook, by):
    services.delete_webhook(webhook, by=by)

    for act in (
        lambda: services.edit_webhook(webhook, spec=SPEC, by=by),
        lambda: services.disable_webhook(webhook, by=by),
        lambda: services.enable_webhook(webhook, by=by),
        lambda: services.rotate_secret(webhook, by=by),
    ):
        with pytest.raises(Conflict):
            act()

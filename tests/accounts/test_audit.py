"""The audit: what an entry holds, that nothing changes it, and that it outlives what it is about."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import audit
from accounts.http import principal_of
from accounts.models import Account, AuditEntry, Immutable, User
from accounts.permissions import Role
from accounts.principal import WORKER, Principal
from accounts.services import accounts, api_keys, members, users
from accounts.services.actions import Action
from tests.factories import WebhookFactory
from webhooks.delivery import retention
from webhooks.models import Webhook
from webhooks.subscriptions import services as webhooks

ALICE = Principal(kind="user", id="1", name="Alice", address="203.0.113.7")


@pytest.fixture
def entry(account) -> AuditEntry:
    return AuditEntry.objects.of(account).get()


def newest() -> AuditEntry:
    return AuditEntry.objects.latest("id")


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, {"b": (2, 3)}),
        (None, {"a": 1, "b": "", "c": None, "d": [], "e": False}, {"a": (None, 1), "e": (None, False)}),
        ({"a": 1, "b": {}}, None, {"a": (1, None)}),
        ({"a": "x", "b": 1}, {"b": 1, "c": "y"}, {"a": ("x", None), "c": (None, "y")}),
        ({"a": None}, {"a": ""}, {}),
        (None, None, {}),
    ],
)
def test_a_difference_names_only_what_changed(before, after, changes):
    assert audit.difference(before, after) == changes


def test_a_long_value_is_cut_and_its_length_is_told(account):
    changes = {"text": ("a" * 20_000, "short"), "list": (["dataset:x" * 10] * 50, [1])}
    audit.record(Action.ACCOUNT_UPDATED, account=account, about=account, by=ALICE, changes=changes)

    (cut, short), (cut_list, whole_list) = newest().changes["text"], newest().changes["list"]
    assert (cut, short, whole_list) == (f"{'a' * 1000}… (20000)", "short", [1])
    assert len(cut_list) < 1100


def test_an_entry_says_from_where_behind_the_proxies_that_are_trusted(account, alice, settings):
    settings.TRUSTED_PROXIES = 1
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.9")
    request.user = alice

    api_keys.issue_key(account, title="Cron", scopes=["datasets"], by=principal_of(request))

    assert (newest().actor_name, newest().address) == ("Alice", "203.0.113.9")


def test_a_program_is_known_by_its_key_and_address_behind_a_proxy(account, settings):
    settings.TRUSTED_PROXIES = 1
    key, clear = api_keys.issue_key(account, title="Cron", scopes=["catalogs"], by=WORKER)
    program = Client(headers={"x-apiKey": clear, "x-forwarded-for": "2001:db8::1"})

    program.post("/api/v1/catalogs", {"title": "Portal"}, content_type="application/json")

    made = newest()
    assert (made.action, made.actor_kind, made.actor_id) == ("catalog.created", "apikey", str(key.pk))
    assert made.address == "2001:db8::1"


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_refused_outside_of_a_transaction():
    account = users.create_account(Account.Kind.ORGANIZATION, name="Ville")

    with pytest.raises(transaction.TransactionManagementError):
        audit.record(Action.ACCOUNT_UPDATED, account=account, about=account, by=ALICE)


def test_a_change_that_is_rolled_back_takes_its_entry_along(account, entry):
    def fail():
        with transaction.atomic():
            accounts.change_account(account, name="Valbourg", language="fr", by=ALICE)
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert newest() == entry


def test_what_changes_nothing_or_is_refused_leaves_no_entry(account, alice, carl):
    last = newest()

    accounts.change_account(account, name=account.name, language=account.language, by=ALICE)
    members.change_role(account.memberships.get(user=carl), role=Role.CONTRIBUTOR, by=ALICE)
    users.assign_role(account, carl, role=Role.CONTRIBUTOR)
    for wrong in (
        lambda: members.remove_member(account.memberships.get(user=alice), by=ALICE),
        lambda: members.change_role(account.memberships.get(user=alice), role=Role.READER, by=ALICE),
        lambda: members.add_member(account, carl, role=Role.READER, by=ALICE),
        lambda: api_keys.issue_key(account, title="Cron", scopes=["cakes"], by=ALICE),
    ):
        with pytest.raises((members.LastAdministrator, members.AlreadyMember, api_keys.WrongScopes)):
            wrong()

    assert newest() == last


def test_before_is_what_was_stored_and_not_what_the_caller_has_read(account, alice, carl):
    stale_account = Account.objects.get(pk=account.pk)
    stale_member = account.memberships.get(user=carl)
    accounts.change_account(account, name="Valbourg", language="en", by=ALICE)
    members.change_role(account.memberships.get(user=carl), role=Role.READER, by=ALICE)

    accounts.change_account(stale_account, name="Valmont", language="en", by=ALICE)
    assert newest().changes == {"name": ["Valbourg", "Valmont"]}
    members.change_role(stale_member, role=Role.ADMIN, by=ALICE)
    assert newest().changes == {"role": ["reader", "admin"]}


def test_what_is_revoked_or_removed_twice_is_recorded_once(account, alice, carl):
    key, _clear = api_keys.issue_key(account, title="Cron", scopes=["datasets"], by=ALICE)
    again, carl_again = account.api_keys.get(pk=key.pk), account.memberships.get(user=carl)

    api_keys.revoke_key(key, by=ALICE)
    api_keys.revoke_key(again, by=ALICE)
    members.remove_member(account.memberships.get(user=carl), by=ALICE)
    members.remove_member(carl_again, by=ALICE)

    actions = list(
        AuditEntry.objects.filter(action__in=["key.revoked", "member.removed"]).values_list("action", flat=True)
    )
    assert sorted(actions) == ["key.revoked", "member.removed"]


def test_an_entry_cannot_be_changed_or_deleted(entry):
    for wrong in (
        entry.save,
        entry.delete,
        lambda: AuditEntry.objects.update(actor_name="Nobody"),
        lambda: AuditEntry.objects.all().delete(),
        lambda: AuditEntry.objects.filter(pk=entry.pk).update(actor_name="Nobody"),
        lambda: AuditEntry.objects.bulk_update([entry], ["actor_name"]),
        lambda: AuditEntry.objects.update_or_create(pk=entry.pk, defaults={"actor_name": "Nobody"}),
        lambda: AuditEntry.objects.bulk_create(
            [entry], update_conflicts=True, update_fields=["actor_name"], unique_fields=["id"]
        ),
        lambda: AuditEntry._base_manager.update(actor_name="Nobody"),
        lambda: AuditEntry._base_manager.all().delete(),
    ):
        with pytest.raises(Immutable):
            wrong()
    copy = AuditEntry(pk=entry.pk, account_id=1, actor_name="Nobody")
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save()

    assert [(one.pk, one.actor_name) for one in AuditEntry.objects.all()] == [(entry.pk, "Porte-voix")]


def test_entries_outlive_what_they_are_about_and_who_made_them(account, alice, sign_in):
    browser = sign_in(alice)
    webhook = WebhookFactory.create(account=account, title="Chat")
    browser.post(f"/settings/webhooks/{webhook.pk}/delete/")
    retention.purge()
    assert not Webhook.objects.exists()
    last = newest()

    User.objects.filter(pk=alice.pk).delete()
    Account.objects.filter(pk=account.pk).delete()

    kept = AuditEntry.objects.get(pk=last.pk)
    assert (kept.action, kept.object_title, kept.actor_name, kept.account_key) == (
        "webhook.deleted",
        "Chat",
        "Alice",
        "organization:ville",
    )


@pytest.mark.django_db
def test_old_entries_go_in_batches_and_young_ones_stay(settings, monkeypatch):
    settings.AUDIT_DAYS = 100
    monkeypatch.setattr(retention, "BATCH", 2)
    for days in (99, 101, 400, 102, 103, 104):
        AuditEntry(account_id=1, action="account.updated", at=timezone.now() - timedelta(days=days)).save()

    assert retention.purge(budget_s=0).audit == 0
    assert retention.purge().audit == 5

    assert [(timezone.now() - one.at).days for one in AuditEntry.objects.all()] == [99]


def test_every_action_has_a_label_and_begins_with_what_it_is_done_to():
    assert len(audit.all_actions()) == len(set(map(audit.label, audit.all_actions()))) > 30
    assert {action.split(".")[0] for action in audit.all_actions()} == {
        *("account", "member", "key", "webhook", "dataset", "visualisation", "catalog"),
    }
    assert audit.label("cake.eaten") == "cake.eaten"


def test_a_disabled_webhook_says_why_it_was_when_it_is_enabled(account):
    webhook = WebhookFactory.create(account=account)
    stale = Webhook.objects.get(pk=webhook.pk)
    webhooks.disable_webhook(webhook, by=WORKER, reason=Webhook.DisabledReason.GONE)

    webhooks.enable_webhook(stale, by=ALICE)

    assert newest().changes == {"enabled": [False, True], "disabled_reason": ["gone", ""]}

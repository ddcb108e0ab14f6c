"""Operators read the audit, and what they change of accounts, members and keys stands in it."""

import pytest
from django.test import Client

from accounts.models import Account, AuditEntry, User
from accounts.principal import Principal
from accounts.services import accounts, api_keys, members

ALICE = Principal(kind="user", id="1", name="Alice", address="203.0.113.7")
AUDIT = "/admin/accounts/auditentry/"
OPERATOR = ("user", "Ops", "198.51.100.4")


@pytest.fixture
def browser(db):
    operator = User.objects.create_superuser("ops@ville.example", "demo", name="Ops", language="en")
    client = Client(REMOTE_ADDR="198.51.100.4")
    client.force_login(operator)
    return client


@pytest.fixture
def last(account, alice, carl) -> int:
    """The last entry before the act of a test."""
    return AuditEntry.objects.latest("id").pk


def acts_since(last: int) -> list[tuple[str, dict[str, list[object]]]]:
    """Return action and changes of the entries after `last`, all made by the operator."""
    entries = list(AuditEntry.objects.filter(pk__gt=last).order_by("pk"))
    assert {(one.actor_kind, one.actor_name, one.address) for one in entries} == {OPERATOR}
    return [(one.action, one.changes) for one in entries]


def rows_of(browser, query: str) -> int:
    return browser.get(f"{AUDIT}?{query}").context["cl"].result_count


def test_it_is_read_and_cannot_be_added_changed_or_deleted(browser, account):
    accounts.change_account(account, name="Valbourg", language="fr", by=ALICE)
    entry = AuditEntry.objects.latest("id")

    page = browser.get(f"{AUDIT}{entry.pk}/change/").content.decode()
    assert [word for word in ("name: Ville → Valbourg", "203.0.113.7", "Alice") if word not in page] == []
    statuses = [
        browser.get(f"{AUDIT}add/").status_code,
        browser.post(f"{AUDIT}{entry.pk}/change/", {"actor_name": "Nobody"}).status_code,
        browser.post(f"{AUDIT}{entry.pk}/delete/", {"post": "yes"}).status_code,
    ]
    assert statuses == [403, 403, 403]
    browser.post(AUDIT, {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})
    assert AuditEntry.objects.get(pk=entry.pk).actor_name == "Alice"


def test_it_is_searched_and_filtered(browser, account, alice):
    api_keys.issue_key(account, title="Harvester", scopes=["datasets"], by=ALICE)
    key = account.api_keys.get()

    for query in (
        "action=key.issued",
        "q=203.0.113.7",
        "q=Harvester",
        "actor_kind__exact=user&q=Alice",
        f"object_type=apikey&object_id={key.pk}",
    ):
        assert rows_of(browser, query) == 1, query
    assert rows_of(browser, "action=key.revoked") == 0
    assert rows_of(browser, "q=organization:ville") == AuditEntry.objects.of(account).count()
    assert "API key created" in browser.get(AUDIT).content.decode()


def test_an_account_its_members_and_their_roles(browser, account, alice, carl, bob, last):
    alices, carls = account.memberships.get(user=alice), account.memberships.get(user=carl)
    form = {
        "name": "Valbourg",
        "kind": "organization",
        "slug": "ville",
        "language": "en",
        "memberships-TOTAL_FORMS": 3,
        "memberships-INITIAL_FORMS": 2,
        "memberships-0-id": alices.pk,
        "memberships-0-account": account.pk,
        "memberships-0-user": alice.pk,
        "memberships-0-role": "reader",
        "memberships-1-id": carls.pk,
        "memberships-1-account": account.pk,
        "memberships-1-user": carl.pk,
        "memberships-1-role": "contributor",
        "memberships-1-DELETE": "on",
        "memberships-2-account": account.pk,
        "memberships-2-user": bob.pk,
        "memberships-2-role": "admin",
    }

    assert browser.post(f"/admin/accounts/account/{account.pk}/change/", form).status_code == 302

    assert acts_since(last) == [
        ("account.updated", {"name": ["Ville", "Valbourg"]}),
        ("member.removed", {"email": ["carl@ville.example", None], "role": ["contributor", None]}),
        ("member.role_changed", {"role": ["admin", "reader"]}),
        ("member.added", {"email": [None, "bob@ailleurs.example"], "role": [None, "admin"]}),
    ]
    assert list(account.memberships.order_by("pk").values_list("user", "role")) == [
        (alice.pk, "reader"),
        (bob.pk, "admin"),
    ]


def test_a_membership_by_its_own_page(browser, account, carl, bob, last):
    carls = account.memberships.get(user=carl)

    browser.post(f"/admin/accounts/membership/{carls.pk}/change/", {"role": "admin", "user": bob.pk})
    browser.post(f"/admin/accounts/membership/{carls.pk}/change/", {"role": "admin"})
    browser.post(f"/admin/accounts/membership/{carls.pk}/delete/", {"post": "yes"})

    assert acts_since(last) == [
        ("member.role_changed", {"role": ["contributor", "admin"]}),
        ("member.removed", {"email": ["carl@ville.example", None], "role": ["admin", None]}),
    ]


def test_a_new_account_and_its_end(browser, account, last):
    form = {"name": "Agglo", "kind": "organization", "slug": "agglo", "language": "fr"}
    empty = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    browser.post("/admin/accounts/account/add/", form | empty)
    agglo = Account.objects.get(slug="agglo")
    values = {"key": "organization:agglo", "name": "Agglo", "language": "fr"}

    browser.post(
        "/admin/accounts/account/", {"action": "delete_selected", "_selected_action": [agglo.pk], "post": "yes"}
    )

    assert not Account.objects.filter(slug="agglo").exists()
    assert acts_since(last) == [
        ("account.created", {name: [None, value] for name, value in values.items()}),
        ("account.deleted", {name: [value, None] for name, value in values.items()}),
    ]


def test_a_key_is_changed_and_revoked(browser, account, alice):
    key, _clear = api_keys.issue_key(account, title="Harvester", scopes=["datasets"], by=ALICE)
    last = AuditEntry.objects.latest("id").pk

    browser.post(f"/admin/accounts/apikey/{key.pk}/change/", {"title": "Cron"})
    browser.post(f"/admin/accounts/apikey/{key.pk}/delete/", {"post": "yes"})

    assert acts_since(last) == [
        ("key.updated", {"title": ["Harvester", "Cron"]}),
        ("key.revoked", {"title": ["Cron", None], "prefix": [key.prefix, None], "scopes": [["datasets"], None]}),
    ]


@pytest.mark.parametrize("by_action", [False, True])
def test_a_user_who_is_deleted_leaves_their_accounts(browser, account, carl, last, by_action):
    if by_action:
        data = {"action": "delete_selected", "_selected_action": [carl.pk], "post": "yes"}
        browser.post("/admin/accounts/user/", data)
    else:
        browser.post(f"/admin/accounts/user/{carl.pk}/delete/", {"post": "yes"})

    assert not User.objects.filter(pk=carl.pk).exists()
    assert [action for action, _changes in acts_since(last)] == ["member.removed"] * 2


def test_the_last_administrator_may_be_removed_by_an_operator_only(browser, account, alice, last):
    alices = account.memberships.get(user=alice)
    with pytest.raises(members.LastAdministrator):
        members.remove_member(alices, by=ALICE)

    browser.post(f"/admin/accounts/membership/{alices.pk}/delete/", {"post": "yes"})

    assert [action for action, _changes in acts_since(last)] == ["member.removed"]

"""Whatever somebody changes, by page, route or command: one entry says who, from where, what before and after."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import Account, ApiKey, AuditEntry, Invitation, Membership, User
from accounts.permissions import SCOPES, Role
from accounts.principal import WORKER
from accounts.services import accounts, api_keys, invitations, members, users
from datasets.models import Catalog, Dataset, Visualisation
from datasets.services import catalogs, datasets, drawings, publications, visualisations
from tests.factories import DeliveryFactory, WebhookFactory
from webhooks.delivery import health, replay
from webhooks.models import Delivery, Webhook
from webhooks.subscriptions import services as webhooks
from webhooks.targets import Verdict

BROWSER, PROGRAM = "203.0.113.7", "2001:db8::9"
"""Where Alice and the program call from."""

ANY = object()
"""A value that cannot be known beforehand."""

MASK = "•••"

Changes = dict[str, list[object]]
"""What was before and what is after, by field."""


@dataclass
class World:
    """An account with one of everything, Alice's browser, and a program with a key."""

    account: Account
    alice: User
    carl: Membership
    bob: User
    key: ApiKey
    other_key: ApiKey
    dataset: Dataset
    chart: Visualisation
    catalog: Catalog
    empty_catalog: Catalog
    webhook: Webhook
    disabled: Webhook
    waiting: Delivery
    settled: Delivery
    browser: Client
    program: Client
    invitation: Invitation

    def answer(self, invitation: Invitation, **data: object) -> int:
        """Answer an invitation by Bob's browser; return the status."""
        browser = Client(REMOTE_ADDR=BROWSER)
        browser.force_login(self.bob)
        browser.get(reverse("accounts:invitation_link", args=[invitation.token]))
        return browser.post(reverse("accounts:invitation"), data).status_code

    def post(self, name: str, /, *args: object, query: str = "", **data: object) -> int:
        """Post a form by Alice's browser; return the status."""
        return self.browser.post(reverse(name, args=args) + query, data).status_code

    def send(self, method: str, path: str, data: object = None, *, client: Client | None = None) -> int:
        """Call a route of the API as the program; return the status."""
        body = "" if data is None else json.dumps(data)
        return (client or self.program).generic(method, f"/api/v1/{path}", body, "application/json").status_code

    def upload(self, method: str, path: str, **parts: object) -> int:
        """Upload a file by a route of the API; return the status."""
        return getattr(self.program, method)(f"/api/v1/{path}", {"file": csv(), **parts}).status_code


def csv(name: str = "trees.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"area;height\nNord;5\n", content_type="text/csv")


@pytest.fixture
def dataset(account) -> Dataset:
    return Dataset.objects.create(
        account=account,
        slug="cities",
        title="Cities",
        file_name="cities.csv",
        file_size=12,
        file_mimetype="text/csv",
        data_updated_at=timezone.now(),
    )


@pytest.fixture
def world(account, alice, carl, bob, dataset, drawn) -> World:
    Dataset.objects.update(is_public=True)
    dataset.refresh_from_db()
    catalog, empty = (catalogs.create_catalog(account, title=title, by=WORKER) for title in ("Open data", "Statistics"))
    publications.publish(dataset, catalog=catalog, by=WORKER)
    publications.publish(drawn, catalog=catalog, by=WORKER)
    key, clear = ApiKey.objects.issue(account, title="Harvester", scopes=list(SCOPES))
    other_key, _clear = ApiKey.objects.issue(account, title="Old", scopes=["datasets"])
    settings = {"url": "https://hooks.example/in?token=t0ken", "format": "message", "headers": [["X-Key", "s3cret"]]}
    webhook = WebhookFactory.create(account=account, title="Chat", settings=settings)
    browser = Client(REMOTE_ADDR=BROWSER)
    browser.force_login(alice)
    invitation = Invitation.objects.create(account=account, email=bob.email, role="reader")
    return World(
        invitation=invitation,
        account=account,
        alice=alice,
        carl=account.memberships.get(user=carl),
        bob=bob,
        key=key,
        other_key=other_key,
        dataset=dataset,
        chart=drawn,
        catalog=catalog,
        empty_catalog=empty,
        webhook=webhook,
        disabled=WebhookFactory.create(account=account, title="Off", disabled=True),
        waiting=DeliveryFactory.create(webhook=webhook),
        settled=DeliveryFactory.create(webhook=webhook, state="delivered"),
        browser=browser,
        program=Client(REMOTE_ADDR=PROGRAM, headers={"x-apiKey": clear}),
    )


@dataclass(frozen=True)
class Act:
    """One act: the verb it calls, how it is done, and the entry it leaves."""

    verb: Callable[..., object]
    do: Callable[[World], object]
    action: str
    title: str
    changes: Changes = field(default_factory=dict)
    by: str = "alice"
    also: tuple[str, ...] = ()
    """What else is recorded, of things that go with it."""


NEW_WEBHOOK: Changes = {
    "title": [None, "Slack"],
    "event_types": [None, ["dataset.finalized"]],
    "target_kind": [None, "http"],
    "settings.url": [None, f"https://hooks.slack.com/services/{MASK}"],
    "settings.format": [None, "message"],
    "settings.headers": [None, MASK],
    "enabled": [None, True],
}
OLD_WEBHOOK: Changes = {
    "title": ["Chat", None],
    "event_types": [["dataset.finalized"], None],
    "target_kind": ["http", None],
    "settings.url": [f"https://hooks.example/in?token={MASK}", None],
    "settings.format": ["message", None],
    "settings.headers": [MASK, None],
}
FORM = {
    "title": "Slack",
    "event_types": "dataset.finalized",
    "scope": "all",
    "target_kind": "http",
    "http-url": "https://hooks.slack.com/services/T0/B0/s3cret",
    "http-format": "message",
    "http-headers": "X-Key: n3w",
}
JSON = {
    "title": "Slack",
    "events": ["dataset.finalized"],
    "target": {
        "type": "http",
        "params": {"url": "https://hooks.slack.com/services/T0/B0/s3cret", "headers": {"X-Key": "n3w"}},
    },
}
EDITED: Changes = {
    "title": ["Chat", "Slack"],
    "settings.url": [f"https://hooks.example/in?token={MASK}", f"https://hooks.slack.com/services/{MASK}"],
    "settings.headers": [MASK, MASK],
}
DISABLED: Changes = {"enabled": [True, False], "disabled_reason": ["", "user"]}
ENABLED: Changes = {"enabled": [False, True], "disabled_reason": ["user", ""]}
ROTATED: Changes = {"secret": [MASK, "rotated"], "overlap": [None, "1 h"]}
TESTED: Changes = {"event_type": [None, "dataset.error"]}
CANCELLED: Changes = {"deliveries": [None, 1]}
REPLAYED = CANCELLED
ONE_EVENT: Changes = {"event": [None, ANY]}
DATASET_GONE: Changes = {
    "slug": ["cities", None],
    "title": ["Cities", None],
    "is_public": [True, None],
    "file": ["cities.csv", None],
    "revision": [ANY, None],
    "catalogs": [["open-data"], None],
}
CHART_GONE: Changes = {
    "slug": ["trees", None],
    "title": ["Trees", None],
    "is_public": [True, None],
    "dataset": ["cities", None],
    "mark": ["bar", None],
    "x": ["area", None],
    "aggregate": ["count", None],
    "catalogs": [["open-data"], None],
}
NEW_DATASET: Changes = {
    "slug": [None, "arbres"],
    "title": [None, "Arbres"],
    "is_public": [None, False],
    "file": [None, "trees.csv"],
    "revision": [None, 1],
}
NEW_CHART: Changes = {name: [None, before] for name, (before, _after) in CHART_GONE.items() if name != "catalogs"} | {
    "slug": [None, "areas"],
    "title": [None, "Areas"],
    "is_public": [None, False],
}
REPLACED: Changes = {"file": ["cities.csv", "trees.csv"], "revision": [ANY, ANY]}
NEW_CATALOG: Changes = {
    "slug": [None, "portal"],
    "title": [None, "Portal"],
    "kind": [None, "local"],
    "publications": [None, 0],
}
CATALOG_GONE: Changes = {
    "slug": ["open-data", None],
    "title": ["Open data", None],
    "kind": ["local", None],
    "publications": [2, None],
}
PRIVATE: Changes = {"is_public": [True, False], "catalogs": [["open-data"], []]}
ON_BOTH: Changes = {"catalogs": [["open-data"], ["open-data", "statistics"]]}
OFF: Changes = {"catalogs": [["open-data"], []]}
CHART = {"title": "Areas", "mark": "bar", "x": "area", "aggregate": "count"}
CONFIGURATION = {"datasets": [{"id": "cities"}], "x": "area"}
VILLE = "settings/organization/ville"

PAGES: dict[str, Act] = {
    "accounts:key_create": Act(
        api_keys.issue_key,
        lambda w: w.post("accounts:key_create", title="Cron", scopes=["datasets"]),
        "key.issued",
        "Cron",
        {"title": [None, "Cron"], "prefix": [None, ANY], "scopes": [None, ["datasets"]]},
    ),
    "accounts:key_delete": Act(
        api_keys.revoke_key,
        lambda w: w.post("accounts:key_delete", w.other_key.pk),
        "key.revoked",
        "Old",
        {"title": ["Old", None], "prefix": [ANY, None], "scopes": [["datasets"], None]},
    ),
    "accounts:member_add": Act(
        invitations.invite,
        lambda w: w.post("accounts:member_add", email="eve@ville.example", role="reader"),
        "member.invited",
        "eve@ville.example (reader)",
        {"email": [None, "eve@ville.example"], "role": [None, "reader"]},
    ),
    "accounts:invitation_again": Act(
        invitations.renew,
        lambda w: w.post("accounts:invitation_again", w.invitation.pk),
        "member.invited_again",
        "bob@ailleurs.example (reader)",
    ),
    "accounts:invitation_revoke": Act(
        invitations.revoke,
        lambda w: w.post("accounts:invitation_revoke", w.invitation.pk),
        "member.invitation_revoked",
        "bob@ailleurs.example (reader)",
        {"email": ["bob@ailleurs.example", None], "role": ["reader", None]},
    ),
    "accounts:invitation": Act(
        invitations.accept,
        lambda w: w.answer(w.invitation),
        "member.added",
        "Bob (reader)",
        {"email": [None, "bob@ailleurs.example"], "role": [None, "reader"]},
        by="bob",
    ),
    "accounts:member_role": Act(
        members.change_role,
        lambda w: w.post("accounts:member_role", w.carl.pk, role="admin"),
        "member.role_changed",
        "Carl (admin)",
        {"role": ["contributor", "admin"]},
    ),
    "accounts:member_remove": Act(
        members.remove_member,
        lambda w: w.post("accounts:member_remove", w.carl.pk),
        "member.removed",
        "Carl (contributor)",
        {"email": ["carl@ville.example", None], "role": ["contributor", None]},
    ),
    "accounts:general": Act(
        accounts.change_account,
        lambda w: w.post("accounts:general", name="Valbourg", language="fr"),
        "account.updated",
        "Valbourg",
        {"name": ["Ville", "Valbourg"], "language": ["en", "fr"]},
    ),
    "webhooks:create": Act(
        webhooks.create_webhook, lambda w: w.post("webhooks:create", **FORM), "webhook.created", "Slack", NEW_WEBHOOK
    ),
    "webhooks:edit": Act(
        webhooks.edit_webhook,
        lambda w: w.post("webhooks:edit", w.webhook.pk, **FORM),
        "webhook.updated",
        "Chat",
        EDITED,
    ),
    "webhooks:delete": Act(
        webhooks.delete_webhook,
        lambda w: w.post("webhooks:delete", w.webhook.pk),
        "webhook.deleted",
        "Chat",
        OLD_WEBHOOK,
    ),
    "webhooks:enable": Act(
        webhooks.enable_webhook,
        lambda w: w.post("webhooks:enable", w.disabled.pk),
        "webhook.enabled",
        "Off",
        ENABLED,
    ),
    "webhooks:disable": Act(
        webhooks.disable_webhook,
        lambda w: w.post("webhooks:disable", w.webhook.pk),
        "webhook.disabled",
        "Chat",
        DISABLED,
    ),
    "webhooks:test": Act(
        replay.send_test,
        lambda w: w.post("webhooks:test", w.webhook.pk, event_type="dataset.error"),
        "webhook.tested",
        "Chat",
        TESTED,
    ),
    "webhooks:replay": Act(
        replay.replay,
        lambda w: w.post("webhooks:replay", w.webhook.pk, what="all", confirmed="1"),
        "webhook.replayed",
        "Chat",
        REPLAYED,
    ),
    "webhooks:cancel": Act(
        replay.cancel_all,
        lambda w: w.post("webhooks:cancel", w.webhook.pk),
        "webhook.cancelled",
        "Chat",
        CANCELLED,
    ),
    "webhooks:reveal": Act(
        webhooks.reveal_secret, lambda w: w.post("webhooks:reveal", w.webhook.pk), "webhook.secret_revealed", "Chat"
    ),
    "webhooks:rotate": Act(
        webhooks.rotate_secret,
        lambda w: w.post("webhooks:rotate", w.webhook.pk, overlap_hours=1),
        "webhook.secret_rotated",
        "Chat",
        ROTATED,
    ),
    "webhooks:retry": Act(
        replay.redeliver,
        lambda w: w.post("webhooks:retry", w.webhook.pk, w.settled.pk),
        "webhook.replayed",
        "Chat",
        ONE_EVENT,
    ),
    "webhooks:cancel_one": Act(
        replay.cancel,
        lambda w: w.post("webhooks:cancel_one", w.webhook.pk, w.waiting.pk),
        "webhook.cancelled",
        "Chat",
        ONE_EVENT,
    ),
    "datasets:create": Act(
        datasets.create_dataset,
        lambda w: w.post("datasets:create", file=csv(), title="Arbres"),
        "dataset.created",
        "Arbres",
        NEW_DATASET,
    ),
    "datasets:edit": Act(
        datasets.change_dataset,
        lambda w: w.post("datasets:edit", "cities", title="Towns", description="All"),
        "dataset.updated",
        "Towns",
        {"title": ["Cities", "Towns"], "description": ["", "All"]},
    ),
    "datasets:share": Act(
        datasets.share_dataset,
        lambda w: w.post("datasets:share", "cities", public="no"),
        "dataset.shared",
        "Cities",
        PRIVATE,
    ),
    "datasets:replace": Act(
        datasets.replace_data,
        lambda w: w.post("datasets:replace", "cities", file=csv()),
        "dataset.data_replaced",
        "Cities",
        REPLACED,
    ),
    "datasets:delete": Act(
        datasets.delete_dataset,
        lambda w: w.post("datasets:delete", "cities"),
        "dataset.deleted",
        "Cities",
        DATASET_GONE,
        also=("visualisation.deleted",),
    ),
    "datasets:publish_dataset": Act(
        publications.publish_dataset,
        lambda w: w.post("datasets:publish_dataset", "cities", catalog="statistics"),
        "dataset.published",
        "Cities",
        ON_BOTH,
    ),
    "datasets:publish_dataset remove": Act(
        publications.unpublish,
        lambda w: w.post("datasets:publish_dataset", "cities", catalog="open-data", action="remove"),
        "dataset.unpublished",
        "Cities",
        OFF,
    ),
    "datasets:publish_visualisation": Act(
        publications.publish_visualisation,
        lambda w: w.post("datasets:publish_visualisation", "trees", catalog="statistics"),
        "visualisation.published",
        "Trees",
        ON_BOTH,
    ),
    "datasets:visualisation_create": Act(
        visualisations.create_visualisation,
        lambda w: w.post("datasets:visualisation_create", query="?dataset=cities", **CHART),
        "visualisation.created",
        "Areas",
        NEW_CHART | {"is_public": [None, True]},
    ),
    "datasets:visualisation_configure": Act(
        visualisations.change_visualisation,
        lambda w: w.post("datasets:visualisation_configure", "trees", **CHART | {"mark": "arc", "is_public": "on"}),
        "visualisation.updated",
        "Areas",
        {"title": ["Trees", "Areas"], "mark": ["bar", "arc"]},
    ),
    "datasets:visualisation_share": Act(
        visualisations.share_visualisation,
        lambda w: w.post("datasets:visualisation_share", "trees", public="no"),
        "visualisation.shared",
        "Trees",
        PRIVATE,
    ),
    "datasets:visualisation_delete": Act(
        visualisations.delete_visualisation,
        lambda w: w.post("datasets:visualisation_delete", "trees"),
        "visualisation.deleted",
        "Trees",
        CHART_GONE,
    ),
    "datasets:catalog_create": Act(
        catalogs.create_catalog,
        lambda w: w.post("datasets:catalog_create", title="Portal", kind="local"),
        "catalog.created",
        "Portal",
        NEW_CATALOG,
    ),
    "datasets:catalog_edit": Act(
        catalogs.change_catalog,
        lambda w: w.post("datasets:catalog_edit", "open-data", title="Portal", description="Ours"),
        "catalog.updated",
        "Portal",
        {"title": ["Open data", "Portal"], "description": ["", "Ours"]},
    ),
    "datasets:catalog_delete": Act(
        catalogs.delete_catalog,
        lambda w: w.post("datasets:catalog_delete", "open-data"),
        "catalog.deleted",
        "Open data",
        CATALOG_GONE,
    ),
}


def _api(verb: Callable[..., object], do: Callable[[World], object], *entry: Any, **options: Any) -> Act:
    return Act(verb, do, *entry, **{"by": "program", **options})


def _of(path: str) -> Callable[[World], str]:
    return lambda w: path.format(webhook=w.webhook.pk, off=w.disabled.pk, waiting=w.waiting.pk, settled=w.settled.pk)


def _call(method: str, path: str, data: object = None) -> Callable[[World], int]:
    return lambda w: w.send(method, _of(path)(w), data)


def _keeping(w: World, *more: object) -> dict[str, object]:
    """Return the settings of the account with the webhook and what is added to it, without the disabled one."""
    return {"webhooks": [w.browser.get(f"/api/v1/webhooks/{w.webhook.pk}").json(), *more]}


def _settings(method: str, *, delete: bool) -> Callable[[World], int]:
    """Return what sends the settings with one webhook less, or one more."""

    def do(w: World) -> int:
        document = (
            _keeping(w) if delete else _keeping(w, w.browser.get(f"/api/v1/webhooks/{w.disabled.pk}").json(), JSON)
        )
        return w.send(method, VILLE, document, client=w.browser)

    return do


API: dict[str, Act] = {
    "settings PUT": Act(
        webhooks.delete_webhook,
        _settings("PUT", delete=True),
        "webhook.deleted",
        "Off",
        {
            "title": ["Off", None],
            "event_types": [["dataset.finalized"], None],
            "target_kind": ["http", None],
            "settings.url": ["https://hooks.example/in", None],
            "settings.format": ["message", None],
        },
    ),
    "settings PATCH": Act(
        webhooks.create_webhook, _settings("PATCH", delete=False), "webhook.created", "Slack", NEW_WEBHOOK
    ),
    "webhooks POST": _api(
        webhooks.create_webhook, _call("POST", "webhooks", JSON), "webhook.created", "Slack", NEW_WEBHOOK
    ),
    "webhook PUT": _api(
        webhooks.edit_webhook,
        _call("PUT", "webhooks/{webhook}", JSON),
        "webhook.updated",
        "Chat",
        EDITED,
    ),
    "webhook PATCH": _api(
        webhooks.edit_webhook,
        _call("PATCH", "webhooks/{webhook}", {"title": "Slack", "description": "Team"}),
        "webhook.updated",
        "Chat",
        {"title": ["Chat", "Slack"], "description": ["", "Team"]},
    ),
    "webhook DELETE": _api(
        webhooks.delete_webhook, _call("DELETE", "webhooks/{webhook}"), "webhook.deleted", "Chat", OLD_WEBHOOK
    ),
    "webhook-test POST": _api(
        replay.send_test,
        _call("POST", "webhooks/{webhook}/_test", {"eventType": "dataset.error"}),
        "webhook.tested",
        "Chat",
        TESTED,
    ),
    "webhook-rotate-secret POST": _api(
        webhooks.rotate_secret,
        _call("POST", "webhooks/{webhook}/_rotate-secret", {"overlapHours": 1}),
        "webhook.secret_rotated",
        "Chat",
        ROTATED,
    ),
    "webhook-enable POST": _api(
        webhooks.enable_webhook, _call("POST", "webhooks/{off}/_enable"), "webhook.enabled", "Off", ENABLED
    ),
    "webhook-disable POST": _api(
        webhooks.disable_webhook, _call("POST", "webhooks/{webhook}/_disable"), "webhook.disabled", "Chat", DISABLED
    ),
    "webhook-replay POST": _api(
        replay.replay,
        _call("POST", "webhooks/{webhook}/_replay", {"status": ["delivered"]}),
        "webhook.replayed",
        "Chat",
        REPLAYED,
    ),
    "delivery-retry POST": _api(
        replay.redeliver, _call("POST", "deliveries/{settled}/_retry"), "webhook.replayed", "Chat", ONE_EVENT
    ),
    "delivery-cancel POST": _api(
        replay.cancel, _call("POST", "deliveries/{waiting}/_cancel"), "webhook.cancelled", "Chat", ONE_EVENT
    ),
    "datasets POST": _api(
        datasets.create_dataset,
        lambda w: w.upload("post", "datasets", title="Arbres"),
        "dataset.created",
        "Arbres",
        NEW_DATASET,
    ),
    "dataset PUT": _api(
        datasets.create_dataset,
        lambda w: w.program.generic("PUT", "/api/v1/datasets/arbres", *multipart(title="Arbres")),
        "dataset.created",
        "Arbres",
        NEW_DATASET,
    ),
    "dataset POST": _api(
        datasets.replace_data,
        lambda w: w.upload("post", "datasets/cities"),
        "dataset.data_replaced",
        "Cities",
        REPLACED,
    ),
    "dataset PATCH": _api(
        datasets.change_dataset,
        _call("PATCH", "datasets/cities", {"title": "Towns"}),
        "dataset.updated",
        "Towns",
        {"title": ["Cities", "Towns"]},
    ),
    "dataset PATCH visibility": _api(
        datasets.share_dataset,
        _call("PATCH", "datasets/cities", {"public": False}),
        "dataset.shared",
        "Cities",
        PRIVATE,
    ),
    "dataset PATCH publications": _api(
        publications.publish,
        _call("PATCH", "datasets/cities", {"publications": [{"catalog": "statistics", "status": "waiting"}]}),
        "dataset.published",
        "Cities",
        ON_BOTH,
    ),
    "dataset DELETE": _api(
        datasets.delete_dataset,
        _call("DELETE", "datasets/cities"),
        "dataset.deleted",
        "Cities",
        DATASET_GONE,
        also=("visualisation.deleted",),
    ),
    "applications POST": _api(
        visualisations.create_visualisation,
        _call("POST", "applications", {"title": "Areas", "configuration": CONFIGURATION}),
        "visualisation.created",
        "Areas",
        NEW_CHART,
    ),
    "application PUT": _api(
        visualisations.create_visualisation,
        _call("PUT", "applications/areas", {"title": "Areas", "configuration": CONFIGURATION}),
        "visualisation.created",
        "Areas",
        NEW_CHART,
    ),
    "application PATCH": _api(
        visualisations.change_visualisation,
        _call("PATCH", "applications/trees", {"public": False}),
        "visualisation.updated",
        "Trees",
        PRIVATE,
    ),
    "application PATCH publications": _api(
        publications.unpublish,
        _call("PATCH", "applications/trees", {"publications": [{"catalog": "open-data", "status": "deleted"}]}),
        "visualisation.unpublished",
        "Trees",
        OFF,
    ),
    "application DELETE": _api(
        visualisations.delete_visualisation,
        _call("DELETE", "applications/trees"),
        "visualisation.deleted",
        "Trees",
        CHART_GONE,
    ),
    "application-configuration PUT": _api(
        visualisations.change_visualisation,
        _call("PUT", "applications/trees/configuration", CONFIGURATION | {"mark": "arc"}),
        "visualisation.updated",
        "Trees",
        {"mark": ["bar", "arc"]},
    ),
    "application-config PUT": _api(
        visualisations.change_visualisation,
        _call("PUT", "applications/trees/config", CONFIGURATION | {"mark": "arc"}),
        "visualisation.updated",
        "Trees",
        {"mark": ["bar", "arc"]},
    ),
    "catalogs POST": _api(
        catalogs.create_catalog,
        _call("POST", "catalogs", {"title": "Portal"}),
        "catalog.created",
        "Portal",
        NEW_CATALOG,
    ),
    "catalog PUT": _api(
        catalogs.create_catalog,
        _call("PUT", "catalogs/portal", {"title": "Portal"}),
        "catalog.created",
        "Portal",
        NEW_CATALOG,
    ),
    "catalog PATCH": _api(
        catalogs.change_catalog,
        _call("PATCH", "catalogs/open-data", {"title": "Portal"}),
        "catalog.updated",
        "Portal",
        {"title": ["Open data", "Portal"]},
    ),
    "catalog DELETE": _api(
        catalogs.delete_catalog, _call("DELETE", "catalogs/open-data"), "catalog.deleted", "Open data", CATALOG_GONE
    ),
}

OTHERS: dict[str, Act] = {
    "an invitation that is declined": Act(
        invitations.decline,
        lambda w: w.answer(w.invitation, answer="decline"),
        "member.invitation_declined",
        "bob@ailleurs.example (reader)",
        {"email": ["bob@ailleurs.example", None], "role": ["reader", None]},
        by="bob",
    ),
    "manage.py apikey": Act(
        api_keys.issue_key,
        lambda _w: call_command("apikey", "organization:ville", scopes=["datasets"], title="Cron", stdout=StringIO()),
        "key.issued",
        "Cron",
        {"title": [None, "Cron"], "prefix": [None, ANY], "scopes": [None, ["datasets"]]},
        by="command",
    ),
    "a role that a command gives": Act(
        users.assign_role,
        lambda w: users.assign_role(w.account, w.carl.user, role=Role.ADMIN),
        "member.role_changed",
        "Carl (admin)",
        {"role": ["contributor", "admin"]},
        by="worker",
    ),
    "a member that a command adds": Act(
        members.add_member,
        lambda w: members.add_member(w.account, w.bob, role=Role.READER, by=WORKER),
        "member.added",
        "Bob (reader)",
        {"email": [None, "bob@ailleurs.example"], "role": [None, "reader"]},
        by="worker",
    ),
    "the courier, of a receiver that is gone": Act(
        webhooks.disable_webhook,
        lambda w: health.update_health({w.webhook.pk: [health.AttemptReport(Verdict.GONE)]}, now=w.webhook.created_at),
        "webhook.disabled",
        "Chat",
        {"enabled": [True, False], "disabled_reason": ["", "gone"]},
        by="worker",
    ),
}

ACTS = PAGES | API | OTHERS

NOT_AUDITED = {
    # whose they are: a person's own, and no account's
    "accounts:sign_in": "opens a session",
    "operator_sign_in": "opens a session",
    "accounts:sign_out": "ends a session",
    "accounts:password": "a person's own",
    "accounts:forgotten": "a person's own",
    "accounts:welcome": "a person's own",
    "accounts:switch": "the account that a session acts for",
    "accounts:language": "a person's own",
    # what is shown whatever the method
    "accounts:password_done": "shows",
    "accounts:settings": "redirects",
    "accounts:keys": "shows",
    "accounts:members": "shows",
    "webhooks:notice": "shows a warning about what is typed",
    # what is recorded elsewhere
    "events POST": "an event, which the journal keeps with its author",
    "application-error POST": "an event, which the journal keeps with its author",
    # the built-in receiver of development
    "webhooks:inboxes": "a receiver",
    "webhooks:inbox": "a receiver",
    "webhooks:inbox_below": "a receiver",
    "webhooks:inbox_behave": "a receiver",
    "webhooks:inbox_empty": "a receiver",
    "webhooks:inbox_messages": "a receiver",
}

VERBS = (
    accounts,
    api_keys,
    invitations,
    members,
    users,
    webhooks,
    replay,
    catalogs,
    datasets,
    visualisations,
    publications,
    drawings,
)
"""The modules with the verbs of every room."""

NO_ACT = {
    # what only reads, or computes
    "account_values", "key_values", "member_values", "needs_password", "replayable", "clean_title", "clean_text",
    "column_titles", "compute_points", "preview",
    # what an act above calls, or is tested with operators
    "accept_as_new", "delete_account", "create_user", "create_personal_account", "create_account",
    "request_updates", "unpublish_everywhere", "clear", "publish",
    # what the service does of itself, of which events tell
    "process", "process_waiting", "sweep", "draw", "redraw", "report_error", "record_draft_error",
}  # fmt: skip


def multipart(**parts: object) -> tuple[bytes, str]:
    """Return body and content type of an upload."""
    return encode_multipart(BOUNDARY, {"file": csv(), **parts}), MULTIPART_CONTENT


@contextmanager
def called() -> Iterator[set[object]]:
    """Collect the code of the functions that are called."""
    found: set[object] = set()
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, _arg: found.add(frame.f_code) if event == "call" else None)
    try:
        yield found
    finally:
        sys.setprofile(before)


def actor(world: World, by: str) -> tuple[str, str, str, str]:
    """Return kind, id, name and address of who acts."""
    return {
        "alice": ("user", str(world.alice.pk), "Alice", BROWSER),
        "bob": ("user", str(world.bob.pk), "Bob", BROWSER),
        "program": ("apikey", str(world.key.pk), "Harvester", PROGRAM),
        "command": ("command", "", "manage.py apikey", ""),
        "worker": ("worker", "", "Porte-voix", ""),
    }[by]


def as_expected(changes: Changes, expected: Changes) -> Changes:
    """Return `changes` with ANY where any value is expected."""
    return {
        name: [ANY if wanted is ANY else found for found, wanted in zip(pair, expected.get(name, pair), strict=True)]
        for name, pair in changes.items()
    }


@pytest.mark.parametrize("name", ACTS)
def test_an_act_leaves_one_entry(name, world):
    act = ACTS[name]
    last = AuditEntry.objects.latest("id").pk

    with called() as functions:
        answer = act.do(world)

    status = getattr(answer, "status_code", answer)
    assert not isinstance(status, int) or status < 400, status
    assert act.verb.__code__ in functions
    entries = AuditEntry.objects.filter(pk__gt=last).order_by("pk")
    entry, *others = entries
    assert (entry.action, entry.object_title) == (act.action, act.title)
    assert (entry.actor_kind, entry.actor_id, entry.actor_name, entry.address) == actor(world, act.by)
    assert (entry.account_id, entry.account_key) == (world.account.pk, "organization:ville")
    assert as_expected(entry.changes, act.changes) == act.changes
    assert tuple(other.action for other in others) == act.also
    assert all(actor(world, act.by)[3] == other.address for other in others)


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in patterns:
        if isinstance(one, URLPattern):
            yield f"{prefix}{one.name}", one
        elif one.app_name != "admin":
            yield from routes(one.url_patterns, f"{one.namespace}:" if one.namespace else prefix)


def path_of(name: str, pattern: URLPattern) -> str:
    """Return an address of the route."""
    samples = {"IntConverter": 1, "SlugConverter": "x", "StringConverter": "x", "PathConverter": "x"}
    values = {key: samples[type(converter).__name__] for key, converter in pattern.pattern.converters.items()}
    return reverse(name, kwargs=values)


@pytest.mark.django_db
def test_every_route_that_takes_an_unsafe_method_is_in_the_table():
    unsafe: set[str] = set()
    for name, pattern in routes(get_resolver().url_patterns):
        view = getattr(pattern.callback, "cls", None)
        if view is not None:
            methods = [method for method in ("POST", "PUT", "PATCH", "DELETE") if hasattr(view, method.lower())]
            unsafe |= {f"{name.removeprefix('api:')} {method}" for method in methods}
        elif Client().post(path_of(name, pattern)).status_code != 405:
            unsafe.add(name)

    in_table = {name.split(" ")[0] for name in PAGES} | {" ".join(name.split(" ")[:2]) for name in API}
    assert sorted(unsafe - in_table - NOT_AUDITED.keys()) == []
    assert sorted((in_table | NOT_AUDITED.keys()) - unsafe) == []


def test_every_verb_is_in_the_table():
    verbs = {
        name
        for module in VERBS
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
    }
    in_table = {act.verb.__name__ for act in ACTS.values()}

    assert sorted(verbs - in_table - NO_ACT) == []
    assert sorted(NO_ACT - verbs) == []

"""A webhook is described once: whatever edits webhooks sets every field of the spec, whatever shows them shows it."""

import re
from copy import deepcopy
from dataclasses import MISSING, dataclass, fields, replace
from functools import reduce
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account
from accounts.principal import Principal
from tests.audit import entries_of
from tests.factories import UserFactory, WebhookFactory
from webhooks.encryption import unseal
from webhooks.models import Webhook
from webhooks.subscriptions.services import create_webhook, edit_webhook
from webhooks.subscriptions.spec import WebhookSpec, api_path

NAMES = [field.name for field in fields(WebhookSpec)]


@dataclass(frozen=True)
class Sample:
    """A value that is not the factory's, how the API writes it, and what people read of it."""

    value: Any
    json: Any
    shown: str


SAMPLES = {
    "title": Sample("Mesure", "Mesure", "Mesure"),
    "description": Sample("Pour le <bilan>\nde l'année", "Pour le <bilan>\nde l'année", "Pour le &lt;bilan&gt;"),
    "event_types": Sample(("dataset.downloaded",), ["dataset-downloaded"], "dataset.downloaded"),
    "resources": Sample(("dataset:arbres",), ["dataset:arbres"], "dataset:arbres"),
    "target_kind": Sample("google_analytics", "ga", "Google Analytics"),
    "settings": Sample(
        {"tracking_id": "G-ABCDEF1234", "api_secret": "s3cret", "app_name": "Portail"},
        {"trackingId": "G-ABCDEF1234", "apiSecret": "s3cret", "appName": "Portail", "appVersion": ""},
        "G-ABCDEF1234",
    ),
}
SHOWN_ON_PAGES = {"event_types": "A dataset was downloaded"}
"""Where the pages of the account say it in other words than the admin."""


def spec():
    return WebhookSpec(**{name: SAMPLES[name].value for name in NAMES})


def document():
    """Return the whole webhook as the API writes it, the secret in clear."""
    written: dict[str, Any] = {}
    for name in NAMES:
        *folders, last = api_path(name).split(".")
        reduce(lambda tree, folder: tree.setdefault(folder, {}), folders, written)[last] = deepcopy(SAMPLES[name].json)
    return written


def typed():
    """Return what the dialog posts."""
    settings = {f"google_analytics-{name}": value for name, value in SAMPLES["settings"].value.items()}
    return {name: SAMPLES[name].value for name in NAMES if name != "settings"} | {"scope": "chosen"} | settings


@dataclass(frozen=True)
class Hands:
    """What the ways of making and editing a webhook need."""

    account: Account
    by: Principal
    browser: Client

    def send(self, method: str, path: str, data: Any) -> None:
        answer = getattr(self.browser, method)(f"/api/v1/{path}", data, content_type="application/json")
        assert answer.status_code in {200, 201}, answer.content


SETTINGS = "settings/organization/ville"
CREATE = {
    "the new page": lambda of: of.browser.post("/settings/webhooks/new/", typed()),
    "POST": lambda of: of.send("post", "webhooks", document()),
    "the settings, a new one": lambda of: of.send("put", SETTINGS, {"webhooks": [document()]}),
    "create_webhook": lambda of: create_webhook(of.account, spec=spec(), by=of.by),
    "WebhookFactory": lambda of: WebhookFactory.create(
        account=of.account, **{name: SAMPLES[name].value for name in NAMES}
    ),
}
EDIT = {
    "the edit page": lambda of, webhook: of.browser.post(f"/settings/webhooks/{webhook.pk}/edit/", typed()),
    "PUT": lambda of, webhook: of.send("put", f"webhooks/{webhook.pk}", document()),
    "PATCH": lambda of, webhook: of.send("patch", f"webhooks/{webhook.pk}", document()),
    "the settings": lambda of, webhook: of.send("put", SETTINGS, {"webhooks": [{"id": webhook.pk} | document()]}),
    "edit_webhook": lambda of, webhook: edit_webhook(webhook, spec=spec(), by=of.by),
}


@pytest.fixture
def hands(account, by, alice, sign_in):
    return Hands(account, by, sign_in(alice))


@pytest.fixture
def webhook(account):
    """A webhook that differs from the samples in every field."""
    before = WebhookFactory.create(account=account)
    assert spec().changes_from(WebhookSpec.of(before)) == NAMES
    return before


@pytest.mark.parametrize("way", [*CREATE, *EDIT])
def test_every_field_is_set_and_read_back_everywhere(way, hands, request):
    if way in EDIT:
        EDIT[way](hands, request.getfixturevalue("webhook"))
    else:
        CREATE[way](hands)

    stored = Webhook.objects.of(hands.account).get()
    assert WebhookSpec.of(stored) == spec()
    read_on_pages(hands.browser, stored)
    read_in_api(hands.browser, stored)
    read_in_admin(stored)
    edits = [entry for entry in entries_of(stored) if entry.action == "webhook.updated"]
    assert [names_in(entry) for entry in edits] == ([set(NAMES)] if way in EDIT else [])


def names_in(entry):
    """Return the fields of the spec that an entry of the audit tells of."""
    return {name.split(".")[0] for name in entry.changes}


def read_on_pages(browser, webhook):
    for path in ("", f"{webhook.pk}/"):
        page = browser.get(f"/settings/webhooks/{path}").content.decode()
        assert [n for n in NAMES if SHOWN_ON_PAGES.get(n, SAMPLES[n].shown) not in page] == [], path
        assert "s3cret" not in page
    dialog = browser.get(f"/settings/webhooks/{webhook.pk}/edit/")
    form = dialog.context["form"]
    own = [name for name in NAMES if name != "settings"]
    assert {name: form[name].value() for name in own} == {name: SAMPLES[name].value for name in own}
    assert [name for name in own if f'name="{name}"' not in dialog.content.decode()] == []
    assert form.target_form["tracking_id"].value() == "G-ABCDEF1234"


def read_in_api(browser, webhook):
    masked = document()
    masked["target"]["params"]["apiSecret"] = "•••"
    one = browser.get(f"/api/v1/webhooks/{webhook.pk}").json()
    (listed,) = browser.get("/api/v1/webhooks").json()["results"]
    (in_settings,) = browser.get(f"/api/v1/{SETTINGS}").json()["webhooks"]
    for shown in (one, listed, in_settings):
        assert {key: shown.get(key) for key in masked} == masked


def read_in_admin(webhook):
    operator = Client()
    operator.force_login(UserFactory.create(is_staff=True, is_superuser=True, language="en"))
    page = operator.get(reverse("admin:webhooks_webhook_change", args=[webhook.pk])).content.decode()
    assert [name for name in NAMES if SAMPLES[name].shown not in page] == []
    assert "s3cret" not in page


@pytest.mark.parametrize("key", document())
def test_a_patch_of_one_property_changes_no_other_field(hands, webhook, key):
    changed = [name for name in NAMES if api_path(name).split(".")[0] == key]
    before = WebhookSpec.of(webhook)

    hands.send("patch", f"webhooks/{webhook.pk}", {key: document()[key]})

    webhook.refresh_from_db()
    assert WebhookSpec.of(webhook).changes_from(before) == changed
    assert [names_in(entry) for entry in entries_of(webhook)] == [set(changed)]


def test_what_a_put_leaves_out_has_its_default_again(hands, webhook):
    EDIT["PUT"](hands, webhook)
    defaults = {field.name: field.default for field in fields(WebhookSpec) if field.default is not MISSING}

    hands.send("put", f"webhooks/{webhook.pk}", {k: v for k, v in document().items() if k not in defaults})

    webhook.refresh_from_db()
    assert WebhookSpec.of(webhook) == replace(spec(), **defaults)


def test_an_edit_writes_only_the_columns_that_change(webhook, by):
    with CaptureQueriesContext(connection) as queries:
        edit_webhook(webhook, spec=replace(WebhookSpec.of(webhook), description="Neuf"), by=by)

    (update,) = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    assert re.findall(r'"(\w+)" = ', update.split("WHERE")[0]) == ["description", "revision", "updated_at"]


def test_another_kind_of_target_seals_its_own_secrets():
    columns = spec().columns(["target_kind"])

    assert columns["config"] == {"tracking_id": "G-ABCDEF1234", "app_name": "Portail"}
    assert unseal(columns["sealed"]) == {"api_secret": "s3cret"}
    assert set(columns) == {"target_kind", "config", "sealed"}


def test_the_settings_whose_key_is_lost_are_left_out_of_the_spec(account, settings):
    webhook = WebhookFactory.create(account=account, headers=[["X-Key", "s3cret"]])
    settings.SECRET_KEY = "another-" * 8

    assert WebhookSpec.of(webhook).settings == {"url": "https://hooks.example/in", "format": "message"}

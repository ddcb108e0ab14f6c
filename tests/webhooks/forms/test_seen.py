"""A dialog that was open for long: what its person left alone is as others have made it, and the same is a conflict."""

import pytest
from django.core import signing

from tests.factories import WebhookFactory
from tests.pages import fields_of, save
from webhooks.models import Webhook

HTTP = {"url": "https://hooks.example/in", "format": "message", "headers": [["X-Key", "s3cret"], ["X-Other", "b"]]}
GA = {"tracking_id": "G-ABCDEF1234", "api_secret": "s3cret", "app_name": "Portail"}
MATOMO = {"tracker_base": "https://stats.example/", "site_id": 5, "token_auth": "0" * 32}
MEANWHILE = "This webhook was changed or deleted in the meantime"


@pytest.fixture
def browser(alice, sign_in):
    return sign_in(alice)


@pytest.fixture
def webhook(account):
    return WebhookFactory.create(account=account, title="A", settings=HTTP, description="One\nTwo")


@pytest.fixture
def change(browser):
    """A function that changes a webhook by the API, as somebody else would."""

    def change(webhook, **body):
        answer = browser.patch(f"/api/v1/webhooks/{webhook.pk}", body, content_type="application/json")
        assert answer.status_code == 200, answer.content

    return change


def form_of(webhook):
    return f"/settings/webhooks/{webhook.pk}/edit/"


def http(**params):
    masked = {"url": HTTP["url"], "headers": {"X-Key": "•••", "X-Other": "•••"}}
    return {"target": {"type": "http", "params": masked | params}}


OTHERS = {
    "description": {"description": "Meanwhile\nby others"},
    "events": {"events": ["dataset.error", "dataset.created"]},
    "resources": {"resources": ["dataset:a"]},
    "url": http(url="https://hooks.example/other"),
    "format": http(format="standard"),
    "a header's value": http(headers={"X-Key": "new", "X-Other": "•••"}),
    "headers by other names": http(headers={"X-New": "new"}),
    "one header less": http(headers={"X-Key": "•••"}),
    "kind": {"target": {"type": "ga", "params": {"trackingId": "G-ABCDEF1234", "apiSecret": "x"}}},
    "switch": {"enabled": False},
}


@pytest.mark.parametrize("others", OTHERS.values(), ids=OTHERS.keys())
def test_a_title_typed_in_an_old_dialog_undoes_nothing(browser, webhook, change, others):
    typed = save(browser, form_of(webhook), {"title": "Mine"})
    change(webhook, **others)
    before = Webhook.objects.get(pk=webhook.pk)

    typed()

    after = Webhook.objects.get(pk=webhook.pk)
    names = ("description", "event_types", "resources", "target_kind", "settings", "enabled")
    assert [getattr(after, name) for name in names] == [getattr(before, name) for name in names]
    assert after.title == "Mine"


MINE = {
    "description": ({"description": "Mine"}, "description"),
    "events": ({"event_types": ["dataset.downloaded"]}, "events"),
    "resources": ({"scope": "chosen", "resources": ["dataset:mine"]}, "resources"),
    "url": ({"http-url": "https://hooks.example/mine"}, "url"),
    "format": ({"http-format": "cloudevents"}, "format"),
    "secret": ({"http-headers": "X-Key: mine\nX-Other: •••"}, "a header's value"),
    "secret and its names": ({"http-headers": "X-Key: mine\nX-Other: •••"}, "headers by other names"),
    "secret and address": ({"http-headers": "X-Key: mine\nX-Other: •••"}, "url"),
    "address and secret": ({"http-url": "https://hooks.example/mine"}, "a header's value"),
    "setting and kind": ({"http-format": "standard"}, "kind"),
    "kind and setting": (
        {
            "target_kind": "google_analytics",
            "google_analytics-tracking_id": "G-1234567890",
            "google_analytics-api_secret": "y",
        },
        "format",
    ),
}


@pytest.mark.parametrize(("mine", "others"), MINE.values(), ids=MINE.keys())
def test_what_both_have_changed_is_refused_until_the_dialog_is_opened_again(browser, webhook, change, mine, others):
    old = fields_of(browser.get(form_of(webhook)))
    change(webhook, **OTHERS[others])
    before = list(Webhook.objects.values())

    refused = browser.post(form_of(webhook), old | mine)
    again = browser.post(form_of(webhook), fields_of(refused) | mine)

    for answer in (refused, again):
        assert answer.status_code == 422
        assert MEANWHILE in answer.content.decode()
    assert list(Webhook.objects.values()) == before


def test_different_settings_of_one_target_are_both_kept(browser, webhook, change):
    typed = save(browser, form_of(webhook), {"http-url": "https://hooks.example/mine"})
    change(webhook, **http(format="standard"))

    typed()

    stored = Webhook.objects.get(pk=webhook.pk).settings
    assert stored == HTTP | {"format": "standard", "url": "https://hooks.example/mine"}


def test_the_same_wish_is_no_conflict(browser, webhook, change):
    typed = save(browser, form_of(webhook), {"title": "Same", "description": "Mine"})
    change(webhook, title="Same")

    typed()

    webhook.refresh_from_db()
    assert (webhook.title, webhook.description) == ("Same", "Mine")


def test_a_refused_dialog_shows_and_keeps_what_others_have_done_meanwhile(browser, webhook, change):
    old = fields_of(browser.get(form_of(webhook)))
    change(webhook, description="Theirs")

    refused = browser.post(form_of(webhook), old | {"title": ""})
    change(webhook, events=["dataset.error"])
    saved = browser.post(form_of(webhook), fields_of(refused) | {"title": "Mine"})

    assert (refused.status_code, fields_of(refused)["description"]) == (422, "Theirs")
    assert saved.status_code == 302
    webhook.refresh_from_db()
    assert (webhook.title, webhook.description, webhook.event_types) == ("Mine", "Theirs", ["dataset.error"])


@pytest.mark.parametrize(("kind", "stored"), [("http", HTTP), ("google_analytics", GA), ("matomo", MATOMO)])
def test_a_dialog_that_is_saved_as_it_was_opened_writes_nothing(browser, account, kind, stored):
    webhook = WebhookFactory.create(account=account, target_kind=kind, settings=stored, resources=["dataset:a"])
    before = Webhook.objects.values().get()

    save(browser, form_of(webhook), {})()

    assert Webhook.objects.values().get() == before


@pytest.mark.parametrize(("kind", "stored"), [("google_analytics", GA), ("matomo", MATOMO)])
def test_a_secret_that_was_changed_meanwhile_stays_when_it_is_not_typed(browser, account, change, kind, stored):
    webhook = WebhookFactory.create(account=account, target_kind=kind, settings=stored)
    typed = save(browser, form_of(webhook), {"title": "Mine"})
    params = {
        "google_analytics": {"trackingId": "G-ABCDEF1234", "apiSecret": "new", "appName": "Autre"},
        "matomo": {"trackerBase": "https://other.example/", "siteId": "6", "tokenAuth": "1" * 32},
    }[kind]
    change(webhook, target={"type": {"google_analytics": "ga"}.get(kind, kind), "params": params})
    before = Webhook.objects.get(pk=webhook.pk).settings

    typed()

    after = Webhook.objects.get(pk=webhook.pk)
    assert (after.title, after.settings) == ("Mine", before)
    assert before != stored


@pytest.mark.parametrize("seen", ["", "x", "{}", "eyJ0aXRsZSI6IkEifQ:1abc:def", "\x00", "9" * 5000])
def test_what_we_have_not_signed_counts_as_changed_meanwhile(browser, webhook, seen):
    typed = fields_of(browser.get(form_of(webhook))) | {"seen": seen, "title": "Mine"}

    answer = browser.post(form_of(webhook), typed)

    webhook.refresh_from_db()
    assert answer.status_code == 422
    assert MEANWHILE in answer.content.decode()
    assert 'value="Mine"' in answer.content.decode()
    assert webhook.title == "A"


def test_what_was_seen_of_another_webhook_does_not_count(browser, account, webhook):
    other = fields_of(browser.get(form_of(WebhookFactory.create(account=account))))["seen"]
    typed = fields_of(browser.get(form_of(webhook))) | {"seen": other}

    assert browser.post(form_of(webhook), typed).status_code == 422


def test_no_page_holds_a_secret_in_what_was_seen(browser, webhook):
    seen = fields_of(browser.get(form_of(webhook)))["seen"]

    held = str(signing.loads(seen, salt=f"webhooks.forms.seen.{webhook.pk}"))
    assert "X-Key: •••" in held
    assert "s3cret" not in held

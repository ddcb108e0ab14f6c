"""The page "External calls (Webhooks)": who sees it, what a card says, and the dialogs that create, edit and delete."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from tests.audit import acts_by
from tests.factories import DeliveryFactory, WebhookFactory
from webhooks.models import Delivery, Webhook

HTMX = {"HX-Request": "true"}
ON_THE_LIST = {**HTMX, "HX-Current-URL": "http://testserver/settings/webhooks/"}
FORM = {
    "title": "Our chat",
    "event_types": ["dataset.error", "dataset.finalized"],
    "target_kind": "http",
    "http-url": "https://chat.example/hooks/abc",
    "http-format": "message",
}


@pytest.fixture
def browser(alice, sign_in):
    return sign_in(alice)


def text(answer):
    return answer.content.decode()


def test_a_visitor_signs_in_first(client):
    assert client.get("/settings/webhooks/")["Location"] == "/sign-in/?next=/settings/webhooks/"


def test_only_administrators_manage_webhooks(account, carl, ursula, sign_in):
    webhook = WebhookFactory.create(account=account)

    for person in (carl, ursula):
        for path in ("", "new/", "notice/", f"{webhook.pk}/", f"{webhook.pk}/edit/", f"{webhook.pk}/delete/"):
            assert sign_in(person).post(f"/settings/webhooks/{path}").status_code in {403, 405}
            assert sign_in(person).get(f"/settings/webhooks/{path}").status_code in {403, 405}
    assert Webhook.objects.of(account).count() == 1


def test_webhooks_of_another_account_do_not_exist(account, bob, sign_in):
    webhook = WebhookFactory.create(account=account, title="Not yours")

    assert "Not yours" not in text(sign_in(bob).get("/settings/webhooks/"))
    for path in ("edit/", "delete/"):
        assert sign_in(bob).get(f"/settings/webhooks/{webhook.pk}/{path}").status_code == 404
        assert sign_in(bob).post(f"/settings/webhooks/{webhook.pk}/{path}", FORM).status_code == 404


def test_an_empty_list_explains_and_invites(browser):
    page = text(browser.get("/settings/webhooks/"))

    assert "External calls (Webhooks)" in page
    assert "No external call yet" in page
    assert 'href="/settings/webhooks/new/"' in page


def test_a_card_says_what_calls_where_and_how_it_went(account, browser):
    webhook = WebhookFactory.create(account=account, title="Our chat", url="https://chat.example/hooks/abc")
    DeliveryFactory.create(webhook=webhook, state="delivered", status_code=200)
    DeliveryFactory.create(webhook=webhook, state="failed", status_code=503, error="status")

    page = text(browser.get("/settings/webhooks/"))

    assert "A dataset was finalized and put online" in page
    assert "Simple HTTP call" in page
    assert "https://chat.example/hooks/•••" in page
    assert "HTTP 503" in page
    assert 'aria-label="Latest deliveries: delivered: 1, failed: 1"' in page


def test_a_card_tells_each_state(account, browser):
    soon = timezone.now() + timedelta(minutes=5)
    WebhookFactory.create(account=account, resting_until=soon)
    WebhookFactory.create(account=account, failing_since=timezone.now())
    WebhookFactory.create(account=account, enabled=False, disabled_reason="gone", disabled_at=timezone.now())
    WebhookFactory.create(account=account, disabled=True)
    WebhookFactory.create(account=account)

    cards = browser.get("/settings/webhooks/").context["cards"]

    tones = [(card.badge.tone, card.badge.label.split()[0]) for card in cards]
    assert tones == [("warn", "resting"), ("warn", "failing"), ("bad", "disabled"), ("", "disabled"), ("ok", "active")]
    assert cards[2].reason == "the receiver answered that it is gone (410)"


def test_a_retired_tracker_is_said_to_be_so(account, browser):
    WebhookFactory.create(account=account, target_kind="google_analytics", settings={"tracking_id": "UA-12345678-1"})

    assert "Google stopped processing Universal Analytics" in text(browser.get("/settings/webhooks/"))


def test_nothing_of_a_title_is_html(account, browser):
    webhook = WebhookFactory.create(account=account, title='<script>alert("x")</script>')

    for path in ("", f"{webhook.pk}/", f"{webhook.pk}/delete/", f"{webhook.pk}/edit/"):
        page = text(browser.get(f"/settings/webhooks/{path}"))
        assert "&lt;script&gt;alert" in page
        assert "<script>alert" not in page


def test_a_webhook_of_an_unknown_kind_still_has_a_card(account, browser):
    WebhookFactory.create(account=account, target_kind="pigeon", event_types=["forgotten.type"], settings={})

    page = text(browser.get("/settings/webhooks/"))

    assert "pigeon" in page
    assert "forgotten.type" in page


@pytest.mark.parametrize("count", [1, 50])
def test_the_list_costs_the_same_whatever_its_length(account, browser, django_assert_num_queries, count):
    for webhook in WebhookFactory.create_batch(count, account=account):
        DeliveryFactory.create_batch(2, webhook=webhook, state="delivered")
    browser.get("/settings/webhooks/")

    with django_assert_num_queries(5):  # session, user, memberships, webhooks, deliveries
        browser.get("/settings/webhooks/")


def test_the_list_is_read_again_only_while_something_waits(account, browser):
    webhook = WebhookFactory.create(account=account)
    DeliveryFactory.create(webhook=webhook, state="delivered")
    assert "every 4s" not in text(browser.get("/settings/webhooks/"))

    DeliveryFactory.create(webhook=webhook)

    part = text(browser.get("/settings/webhooks/", headers=HTMX))
    assert "every 4s" in part
    assert "<html" not in part


def test_caches_keep_the_page_and_its_part_apart(browser):
    for headers in ({}, HTMX):
        assert "HX-Request" in browser.get("/settings/webhooks/", headers=headers)["Vary"]


def test_the_dialog_is_a_page_of_its_own_without_javascript(browser):
    page, dialog = browser.get("/settings/webhooks/new/"), browser.get("/settings/webhooks/new/", headers=HTMX)

    assert "<html" in text(page)
    assert "<html" not in text(dialog)
    for answer in (page, dialog):
        assert 'action="/settings/webhooks/new/" method="post"' in text(answer)
        assert text(answer).count('name="event_types"') == 10
        assert 'name="http-url"' in text(answer)
        assert 'name="google_analytics-tracking_id"' in text(answer)


def test_an_address_can_be_proposed(browser):
    assert 'value="http://here.example/inbox"' in text(
        browser.get("/settings/webhooks/new/?url=http://here.example/inbox")
    )


def test_a_plain_form_creates_a_webhook_and_shows_it(account, browser):
    answer = browser.post("/settings/webhooks/new/", FORM, follow=True)

    webhook = Webhook.objects.of(account).get()
    assert (webhook.title, webhook.event_types) == ("Our chat", ["dataset.error", "dataset.finalized"])
    assert webhook.settings["url"] == "https://chat.example/hooks/abc"
    assert acts_by(webhook) == [("created", "Alice")]
    assert answer.redirect_chain == [("/settings/webhooks/", 302)]
    assert "The webhook “Our chat” was created." in text(answer)


def test_a_dialog_that_is_saved_closes_and_has_the_list_read_again(browser):
    answer = browser.post("/settings/webhooks/new/", FORM, headers=ON_THE_LIST)

    assert (answer.status_code, answer["HX-Trigger"]) == (204, '{"dialog:close": {}, "webhooks:changed": {}}')
    part = text(browser.get("/settings/webhooks/", headers=ON_THE_LIST))
    assert 'id="messages" hx-swap-oob="beforeend"' in part
    assert "The webhook “Our chat” was created." in part


def test_a_dialog_saved_elsewhere_leads_to_the_webhook(account, browser):
    elsewhere = {**HTMX, "HX-Current-URL": "http://testserver/inbox/x/messages/"}

    answer = browser.post("/settings/webhooks/new/", FORM, headers=elsewhere)

    assert answer["HX-Redirect"] == f"/settings/webhooks/{Webhook.objects.of(account).get().pk}/"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_errors_stand_beside_their_fields_and_what_was_typed_stays(account, browser, headers):
    form = {"title": "Kept", "target_kind": "http", "http-url": "ftp://chat.example"}

    answer = browser.post("/settings/webhooks/new/", form, headers=headers)

    assert answer.status_code == 422
    page = text(answer)
    assert 'id="id_event_types_error"' in page
    assert 'id="id_http-url_error"' in page
    assert 'value="Kept"' in page
    assert 'value="ftp://chat.example"' in page
    assert not Webhook.objects.of(account).exists()


def test_the_first_field_in_error_has_the_focus(browser):
    page = text(browser.post("/settings/webhooks/new/", {"title": "Kept", "target_kind": "http", "http-url": "x"}))

    first = page[page.rindex("<", 0, page.index(" autofocus")) :]
    assert 'id="id_event_types_0"' in first[: first.index(">")]


def test_an_unknown_kind_of_target_is_refused(account, browser):
    answer = browser.post("/settings/webhooks/new/", FORM | {"target_kind": "pigeon"})

    assert answer.status_code == 422
    assert not Webhook.objects.of(account).exists()


def test_the_warning_of_a_target_shows_while_one_types(browser):
    typed = {"target_kind": "google_analytics", "google_analytics-tracking_id": "UA-12345678-1"}

    part = text(browser.post("/settings/webhooks/notice/", typed, headers=HTMX))

    assert "Google stopped processing Universal Analytics" in part
    assert "<form" not in part
    typed["google_analytics-tracking_id"] = "G-ABCDEFGHIJ"
    assert text(browser.post("/settings/webhooks/notice/", typed, headers=HTMX)).strip() == ""


def test_two_webhooks_on_one_target_are_pointed_out(browser):
    browser.post("/settings/webhooks/new/", FORM, follow=True)

    answer = browser.post("/settings/webhooks/new/", FORM | {"title": "Again"}, follow=True)

    assert "Another webhook calls the same target" in text(answer)


def test_an_edit_keeps_what_is_not_shown(account, browser):
    webhook = WebhookFactory.create(
        account=account, url="https://chat.example/hooks/abc", headers=[["Authorization", "Bearer secret"]]
    )

    page = text(browser.get(f"/settings/webhooks/{webhook.pk}/edit/"))
    form = FORM | {"title": "Renamed", "http-headers": "Authorization: •••"}
    answer = browser.post(f"/settings/webhooks/{webhook.pk}/edit/", form, follow=True)

    webhook.refresh_from_db()
    assert "Bearer secret" not in page
    assert webhook.title == "Renamed"
    assert webhook.settings["headers"] == [["Authorization", "Bearer secret"]]
    assert "The webhook “Renamed” was saved." in text(answer)


def titles(answer):
    return [unescape(title) for title in re.findall(r'id="open-\d+"[^>]*>([^<]*)</a>', text(answer))]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("mairie", ["Mairie"]),
        ("ÉTÉ", ["Mairie", "Été"]),
        ("été bilan", ["Mairie"]),
        ("warehouse.example/in?token=abc", ["Entrepôt"]),
        ("google analytics", ["Été"]),
        ("finalized and put online", ["Mairie", "Entrepôt"]),
        ("dataset:arbres", ["Entrepôt"]),
        ("s3cret", []),
        ("slack", ["Mairie"]),
        ("%", []),
        ("  ", ["Mairie", "Entrepôt", "Été"]),
    ],
)
def test_the_list_is_searched(account, browser, q, found):
    slack = {"url": "https://hooks.slack.com/services/T0/B0/x", "headers": [["X-Key", "s3cret"]]}
    WebhookFactory.create(account=account, title="Mairie", description="Le bilan\nde l'été", **slack)
    url = "https://warehouse.example/in?token=abc"
    WebhookFactory.create(account=account, title="Entrepôt", url=url, resources=["dataset:arbres"])
    tracker = {"tracking_id": "G-ABCDEF1234", "api_secret": "s3cret"}
    events = ["dataset.created"]
    WebhookFactory.create(
        account=account, title="Été", target_kind="google_analytics", settings=tracker, event_types=events
    )

    answer = browser.get("/settings/webhooks/", {"q": q})

    assert titles(answer) == found
    assert ("No webhook matches" in text(answer)) == (not found)


def test_a_search_stays_while_the_list_is_read_again(account, browser):
    DeliveryFactory.create(webhook=WebhookFactory.create(account=account, title="Mairie & <co>"))
    WebhookFactory.create(account=account, title="Other")

    page = browser.get("/settings/webhooks/", {"q": "& <co>"})
    part = browser.get("/settings/webhooks/", {"q": "& <co>"}, headers=HTMX)

    assert 'value="&amp; &lt;co&gt;"' in text(page)
    for answer in (page, part):
        assert titles(answer) == ["Mairie & <co>"]
        assert 'hx-get="/settings/webhooks/?q=%26+%3Cco%3E" hx-trigger="webhooks:changed from:body, every 4s"' in text(
            answer
        )
    assert 'name="q"' not in text(part)


def test_nothing_is_searched_where_nothing_is(browser):
    assert 'type="search"' not in text(browser.get("/settings/webhooks/"))
    assert "No webhook matches" in text(browser.get("/settings/webhooks/", {"q": "x"}))


def test_a_description_keeps_its_lines_and_is_no_html(account, browser):
    webhook = WebhookFactory.create(
        account=account, description="For the <b>report</b>\nof the year\n\nand the archive"
    )

    for path in ("", f"{webhook.pk}/"):
        page = text(browser.get(f"/settings/webhooks/{path}"))
        assert "<p>For the &lt;b&gt;report&lt;/b&gt;<br>of the year</p>\n\n<p>and the archive</p>" in page


def test_deleting_says_what_happens_to_what_waits_and_asks_first(account, browser):
    webhook = WebhookFactory.create(account=account, title="Old")
    waiting, done = DeliveryFactory.create(webhook=webhook), DeliveryFactory.create(webhook=webhook, state="delivered")

    page = text(browser.get(f"/settings/webhooks/{webhook.pk}/delete/"))
    assert "One delivery waits to be sent: it is cancelled." in page
    assert Webhook.objects.of(account).exists()

    answer = browser.post(f"/settings/webhooks/{webhook.pk}/delete/", follow=True)
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert "The webhook “Old” was deleted." in text(answer)
    assert not Webhook.objects.of(account).exists()
    assert states == {waiting.pk: "cancelled", done.pk: "delivered"}
    assert acts_by(webhook) == [("deleted", "Alice")]


def test_deleting_from_the_dialog_has_the_list_read_again(account, browser):
    webhook = WebhookFactory.create(account=account)

    answer = browser.post(f"/settings/webhooks/{webhook.pk}/delete/", headers=ON_THE_LIST)

    assert answer["HX-Trigger"] == '{"dialog:close": {}, "webhooks:changed": {}}'
    elsewhere = browser.get(f"/settings/webhooks/{webhook.pk}/delete/")
    assert elsewhere.status_code == 404


def test_a_form_without_its_token_is_refused(alice, sign_in):
    browser = sign_in(alice)
    browser.handler.enforce_csrf_checks = True

    assert browser.post("/settings/webhooks/new/", FORM).status_code == 403

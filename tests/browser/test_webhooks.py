"""The pages of webhooks as a person meets them: + → dialog → card, deliveries that move, the inbox that fills."""

import re
from urllib.request import Request, urlopen

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.factories import AttemptFactory, DeliveryFactory, EventFactory, WebhookFactory
from webhooks.models import Delivery, Inbox, Webhook

NARROW = {"width": 360, "height": 740}


@pytest.fixture
def webhook(account):
    return WebhookFactory.create(account=account, title="Data warehouse", url="https://warehouse.example/in?token=abc")


@pytest.fixture
def history(webhook):
    """Return deliveries in every state, with attempts."""
    now = timezone.now()
    WebhookFactory.create(
        account=webhook.account, title="Old portal", enabled=False, disabled_reason="gone", disabled_at=now
    )
    for state in ("delivered", "failed", "cancelled", "skipped", "pending"):
        event = EventFactory.create(account=webhook.account, resource_title=f"Trees {state}", detail="Line 12")
        AttemptFactory.create(
            delivery=DeliveryFactory.create(webhook=webhook, event=event, state=state, failures=2, attempt_count=2)
        )
    return webhook.deliveries.order_by("id")


def _fill(page: Page, title: str) -> None:
    page.get_by_label("Title").fill(title)
    page.get_by_label("A dataset was finalized and put online").check()
    page.get_by_label("URL of the target HTTP server").fill("https://chat.example/hooks/abc")


def test_the_pages_have_no_barrier_and_fit_a_telephone(alice, webhook, history, open_page, assert_accessible):
    page = open_page(alice)
    own = f"/settings/webhooks/{webhook.pk}/"
    parts = ("", "edit/", "delete/", "test/", "replay/", "cancel/", "secret/rotate/", f"deliveries/{history[1].pk}/")
    for path in ("/", "/settings/webhooks/", "/settings/webhooks/new/", *(own + part for part in parts)):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(path)
        assert_accessible(page)

        page.set_viewport_size(NARROW)
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"), path


def test_plus_opens_the_dialog_that_becomes_a_card(alice, account, open_page, assert_accessible):
    page = open_page(alice)
    page.goto("/settings/webhooks/")
    plus = page.get_by_role("link", name="Add a webhook").first
    plus.click()
    dialog = page.get_by_role("dialog", name="Add a webhook")
    expect(dialog.get_by_label("Title")).to_be_focused()
    assert_accessible(page)

    _fill(page, "Our chat")
    dialog.get_by_label("A dataset was finalized and put online").uncheck()
    dialog.get_by_role("button", name="Add the webhook").click()
    expect(dialog.get_by_label("A new dataset was created")).to_be_focused()
    expect(dialog.get_by_label("Title")).to_have_value("Our chat")

    dialog.get_by_label("A dataset was finalized and put online").check()
    dialog.get_by_role("button", name="Add the webhook").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    card = page.get_by_role("article", name="Our chat")
    expect(card).to_contain_text("A dataset was finalized and put online")
    expect(card).to_contain_text("https://chat.example/hooks/•••")
    expect(page.locator(".messages .note")).to_contain_text("The webhook “Our chat” was created.")
    expect(page).to_have_url(re.compile("/settings/webhooks/$"))
    assert Webhook.objects.of(account).get().title == "Our chat"


def test_the_fields_follow_the_target_and_keep_what_was_typed(alice, open_page):
    page = open_page(alice)
    page.goto("/settings/webhooks/")
    page.get_by_role("link", name="Add a webhook").first.click()
    url, tracker = page.get_by_label("URL of the target HTTP server"), page.get_by_label("Tracker identifier")
    url.fill("https://chat.example/hooks/abc")
    expect(tracker).to_be_hidden()

    page.get_by_label("Google Analytics", exact=True).check()
    expect(url).to_be_hidden()
    tracker.fill("UA-12345678-1")
    tracker.blur()
    expect(page.get_by_role("dialog")).to_contain_text("Google stopped processing Universal Analytics")

    page.get_by_label("Simple HTTP call").check()
    expect(url).to_have_value("https://chat.example/hooks/abc")
    expect(page.get_by_role("dialog")).not_to_contain_text("Google stopped processing")


def test_the_guide_is_true_word_for_word(alice, account, open_page):
    page = open_page(alice)
    page.goto("/settings/")
    page.get_by_role("link", name="Add a webhook").first.click()
    page.get_by_label("Title").fill("Koumoul webhook for Google Analytics")
    page.get_by_label("A dataset was downloaded as a file", exact=True).check()
    page.get_by_label("Google Analytics", exact=True).check()
    page.get_by_label("Tracker identifier").fill("UA-12345678-1")
    page.get_by_role("button", name="Add the webhook").click()

    card = page.get_by_role("article", name="Koumoul webhook for Google Analytics")
    expect(card).to_contain_text("UA-12345678-1")
    expect(card).to_contain_text("Google stopped processing Universal Analytics")
    assert Webhook.objects.of(account).get().target_kind == "google_analytics"


def test_a_pencil_edits_and_gets_the_focus_back(alice, webhook, open_page):
    page = open_page(alice)
    page.goto("/settings/webhooks/")
    page.get_by_role("link", name="Edit the webhook Data warehouse").click()
    page.get_by_label("Title").fill("Warehouse")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("article", name="Warehouse")).to_be_visible()
    expect(page.get_by_role("link", name="Edit the webhook Warehouse")).to_be_focused()


def test_a_bin_asks_before_it_deletes(alice, account, webhook, open_page):
    page = open_page(alice)
    page.goto("/settings/webhooks/")
    page.get_by_role("link", name="Delete the webhook Data warehouse").click()
    page.get_by_role("link", name="Keep it").click()
    expect(page.get_by_role("article")).to_have_count(1)

    page.get_by_role("link", name="Delete the webhook Data warehouse").click()
    page.get_by_role("button", name="Delete the webhook").click()
    expect(page.get_by_role("article")).to_have_count(0)
    expect(page.get_by_role("heading", name="No external call yet")).to_be_visible()
    assert not Webhook.objects.of(account).exists()


def test_all_of_it_works_without_javascript(alice, account, open_page):
    page = open_page(alice, java_script_enabled=False)
    page.goto("/settings/webhooks/")
    page.get_by_role("link", name="Add a webhook").first.click()
    page.get_by_role("button", name="Add the webhook").click()
    expect(page.get_by_label("Title")).to_be_focused()
    page.get_by_label("Google Analytics", exact=True).check()
    expect(page.get_by_label("URL of the target HTTP server")).to_be_hidden()
    page.get_by_label("Simple HTTP call").check()
    _fill(page, "Our chat")
    page.get_by_role("button", name="Add the webhook").click()
    page.get_by_role("article", name="Our chat").get_by_role("link", name="Our chat", exact=True).click()
    page.get_by_role("link", name="Send a test").click()
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".deliveries")).to_contain_text("pending")
    page.get_by_role("button", name="Reveal").click()
    expect(page.locator("#secret-clear")).to_contain_text("whsec_")
    page.goto("/settings/webhooks/")
    page.get_by_role("link", name="Delete the webhook Our chat").click()
    page.get_by_role("button", name="Delete the webhook").click()

    expect(page.locator(".messages")).to_contain_text("The webhook “Our chat” was deleted.")
    assert not Webhook.objects.of(account).exists()


def test_a_test_appears_in_the_list_and_its_outcome_by_itself(alice, webhook, open_page):
    page = open_page(alice)
    page.goto(f"/settings/webhooks/{webhook.pk}/")
    page.get_by_role("link", name="Send a test").click()
    page.get_by_role("button", name="Send").click()

    row = page.locator(".deliveries li")
    expect(row).to_contain_text("pending")
    expect(page.get_by_role("dialog")).to_have_count(0)
    Delivery.objects.update(
        state="delivered", status_code=200, attempt_count=1, next_attempt_at=None, settled_at=timezone.now()
    )
    expect(row).to_contain_text("delivered", timeout=10_000)
    expect(page.locator("#deliveries")).to_have_attribute("hx-trigger", "deliveries:changed from:body")


def test_deliveries_are_narrowed_as_one_types_and_opened(alice, webhook, history, open_page, assert_accessible):
    page = open_page(alice)
    page.goto(f"/settings/webhooks/{webhook.pk}/")
    page.get_by_label("Text").press_sequentially("trees fail")
    rows = page.locator(".deliveries a")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("q=trees%20fail"))
    page.get_by_label("Text").fill("")
    page.get_by_label("State").select_option("skipped")
    expect(rows).to_contain_text(["Trees skipped"])

    rows.click()
    dialog = page.get_by_role("dialog", name="Trees skipped")
    expect(dialog).to_contain_text("HTTP 200")
    assert_accessible(page)
    dialog.get_by_role("button", name="Send again").click()
    expect(page.locator(".messages .note")).to_contain_text("It is sent again now.")
    expect(page.get_by_role("heading", name="No delivery matches")).to_be_visible()
    assert history.filter(state="pending", trigger="manual").count() == 1


def test_a_replay_is_counted_before_it_is_confirmed(alice, webhook, history, open_page):
    page = open_page(alice)
    page.goto(f"/settings/webhooks/{webhook.pk}/")
    page.get_by_label("More actions").click()
    page.get_by_role("link", name="Send deliveries again").click()
    page.get_by_role("button", name="Count them").click()
    expect(page.get_by_role("dialog")).to_contain_text("2 deliveries are going to be sent again")
    page.get_by_role("button", name="Send again").click()

    expect(page.locator(".messages .note")).to_contain_text("2 deliveries are sent again.")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert history.filter(state="pending").count() == 3


def test_the_secret_is_revealed_in_its_place(alice, webhook, open_page):
    page = open_page(alice)
    page.goto(f"/settings/webhooks/{webhook.pk}/")
    page.get_by_role("button", name="Reveal").click()

    expect(page.locator("#secret-clear")).to_have_text(webhook.secrets.get().reveal())


def test_an_inbox_fills_by_itself_and_what_is_open_stays_open(
    alice, account, settings, live_server, open_page, assert_accessible
):
    settings.INBOX_ENABLED = True
    settings.PUBLIC_URL = live_server.url
    page = open_page(alice)
    page.goto("/inbox/")
    page.get_by_role("button", name="Open an inbox").click()
    expect(page.get_by_role("heading", name="Nothing has arrived yet")).to_be_visible()

    def arrive(body: bytes) -> None:
        address = f"{live_server.url}/inbox/{Inbox.objects.get(account=account).token}/"
        with urlopen(Request(address, body, {"Content-Type": "application/json"})) as answer:  # noqa: S310 -- our own
            assert answer.status == 200

    arrive(b'{"text": "first"}')
    first = page.locator("details.attempt", has_text="first")
    expect(first.get_by_text('"first"')).to_be_visible(timeout=10_000)
    first.get_by_text("Headers").click()
    assert_accessible(page)
    arrive(b'{"text": "second"}')

    expect(page.locator("details.attempt").first).to_contain_text("second", timeout=10_000)
    expect(first.get_by_text("content-type: application/json")).to_be_visible()
    page.get_by_label("410: gone for good").check()
    expect(page.locator(".messages .note")).to_contain_text("The inbox now answers so.")
    assert Inbox.objects.get().behaviour == "gone"


def test_going_back_shows_the_whole_page_again(alice, webhook, history, open_page):
    page = open_page(alice)
    for path, change in (
        ("/settings/webhooks/", "webhooks:changed"),
        (f"/settings/webhooks/{webhook.pk}/", "deliveries:changed"),
    ):
        page.goto(path)
        with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
            page.evaluate(f"document.body.dispatchEvent(new Event('{change}'))")
        page.goto("/")
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_the_list_is_searched(script, alice, account, open_page, assert_accessible):
    for title, description in (("Data warehouse", "Feeds the report\nof the year"), ("Our chat", "")):
        WebhookFactory.create(account=account, title=title, description=description)
    page = open_page(alice, java_script_enabled=script)
    page.goto("/settings/webhooks/")
    cards = page.get_by_role("article")
    expect(cards).to_have_count(2)

    def search(text):
        page.get_by_label("Search a webhook").fill(text)
        if not script:
            page.get_by_role("button", name="Search").click()

    search("REPORT year")
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("Feeds the report\nof the year", use_inner_text=True)
    expect(page).to_have_url(re.compile(r"\?q=REPORT(\+|%20)year$"))
    search("pigeon")
    expect(page.get_by_role("heading", name="No webhook matches")).to_be_visible()
    if script:
        assert_accessible(page)
    page.get_by_role("link", name="Show all webhooks").click()
    expect(cards).to_have_count(2)

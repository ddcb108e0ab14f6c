"""Signing in, the frame of every page and the settings of an account, as a person meets them."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import ApiKey
from accounts.principal import WORKER
from accounts.services import api_keys

NARROW = {"width": 360, "height": 740}
PAGES = ("/settings/keys/", "/settings/keys/new/", "/settings/members/", "/settings/general/", "/password/")


@pytest.fixture
def alice(alice):
    alice.set_password("demo")
    alice.save()
    return alice


def _scrolls_sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def _sign_in(page: Page) -> None:
    page.goto("/settings/keys/")
    page.get_by_label("E-mail address").fill("alice@ville.example")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("path", ["/sign-in/", "/password/forgotten/", "/no-such-page/"])
def test_the_pages_of_a_visitor_have_no_barrier(path, open_page, assert_accessible, db):
    page = open_page(locale="en")
    page.goto(path)

    assert_accessible(page)


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_of_an_administrator_have_no_barrier_and_fit_a_telephone(
    path, alice, carl, account, open_page, assert_accessible
):
    api_keys.issue_key(
        account, title="Harvester of the region", scopes=["datasets-read", "catalogs-read", "webhooks"], by=WORKER
    )
    page = open_page(alice)
    page.goto(path)
    assert_accessible(page)

    page.set_viewport_size(NARROW)
    assert not _scrolls_sideways(page)


@pytest.mark.parametrize("script", [True, False])
def test_a_person_signs_in_chooses_an_account_and_signs_out(script, alice, open_page):
    page = open_page(locale="en", java_script_enabled=script)
    _sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("API keys")

    page.get_by_text("Account in use: Ville").click()
    page.get_by_role("button", name="Alice personal account").click()
    expect(page.locator(".messages")).to_contain_text("You now act for Alice.")
    page.get_by_label("Menu of Alice").click()
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_key_is_created_in_the_dialog_and_copied(alice, open_page, assert_accessible):
    page = open_page(alice, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/settings/keys/")
    opener = page.get_by_role("link", name="Create a key")
    opener.click()
    dialog = page.get_by_role("dialog", name="Create a key")
    expect(dialog.get_by_label("Title")).to_be_focused()
    assert_accessible(page)

    dialog.get_by_role("button", name="Create the key").click()
    expect(dialog.get_by_label("Title")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Title").fill("Harvester")
    dialog.get_by_label("Datasets: read", exact=True).check()
    dialog.get_by_role("button", name="Create the key").click()
    shown = page.get_by_role("dialog", name="The key “Harvester”")
    shown.get_by_role("button", name="Copy").click()
    expect(shown.get_by_text("Copied", exact=True)).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    shown.get_by_role("link", name="I have copied it").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()
    expect(page.get_by_role("rowheader")).to_contain_text("Harvester")
    assert ApiKey.objects.find(copied) == ApiKey.objects.get()
    assert copied not in page.content()


def test_a_key_is_created_without_javascript(alice, open_page):
    page = open_page(alice, java_script_enabled=False)
    page.goto("/settings/keys/")
    page.get_by_role("link", name="Create a key").click()
    page.get_by_label("Title").fill("Harvester")
    page.get_by_label("Datasets: read", exact=True).check()
    page.get_by_role("button", name="Create the key").click()

    clear = page.locator("#key-clear").inner_text()
    page.get_by_role("link", name="I have copied it").click()

    assert ApiKey.objects.find(clear) is not None
    expect(page.get_by_role("rowheader")).to_contain_text("Harvester")


@pytest.mark.parametrize("how", ["Escape", "backdrop", "Cancel", "Close"])
def test_a_dialog_closes_and_gives_the_focus_back(how, alice, open_page):
    page = open_page(alice)
    page.goto("/settings/keys/")
    opener = page.get_by_role("link", name="Create a key")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()

    match how:
        case "Escape":
            page.keyboard.press("Escape")
        case "backdrop":
            page.mouse.click(5, 5)
        case "Cancel":
            dialog.get_by_role("link", name="Cancel").click()
        case "Close":
            dialog.get_by_role("button", name="Close").click()

    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
    expect(page).to_have_url(re.compile("/settings/keys/$"))


def test_a_role_is_changed_by_choosing_it_and_the_toast_can_be_dismissed(alice, carl, account, open_page):
    page = open_page(alice)
    page.goto("/settings/members/")
    page.get_by_label("Role of Carl").select_option("admin")

    toast = page.locator(".messages .note")
    expect(toast).to_contain_text("Carl is now administrator.")
    assert account.memberships.get(user=carl).role == "admin"
    toast.get_by_role("button", name="Dismiss").click()
    expect(toast).to_have_count(0)


def test_a_role_is_changed_without_javascript(alice, carl, account, open_page):
    page = open_page(alice, java_script_enabled=False)
    page.goto("/settings/members/")
    row = page.get_by_role("row", name="Carl")
    row.get_by_role("combobox").select_option("reader")
    row.get_by_role("button", name="Change").click()

    expect(page.locator(".messages")).to_contain_text("Carl is now reader.")
    assert account.memberships.get(user=carl).role == "reader"


def test_a_request_that_fails_is_told_in_the_dialog_and_nothing_typed_is_lost(alice, open_page):
    page = open_page(alice, expected=".* status of 403 |Response Status Error Code 403 ")
    page.goto("/settings/keys/")
    page.get_by_role("link", name="Create a key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Harvester")
    alice.memberships.filter(account__kind="organization").update(role="reader")
    dialog.get_by_role("button", name="Create the key").click()

    expect(dialog).to_contain_text("That did not work.")
    expect(dialog.get_by_label("Title")).to_have_value("Harvester")


def test_the_first_press_of_tab_offers_to_skip_to_the_content(alice, open_page):
    page = open_page(alice)
    page.goto("/settings/keys/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#content")).to_be_focused()


def test_a_menu_closes_on_escape_and_when_one_presses_elsewhere(alice, open_page):
    page = open_page(alice)
    page.goto("/settings/keys/")
    menu, button = page.get_by_label("Menu of Alice"), page.get_by_role("button", name="Sign out")

    menu.click()
    expect(button).to_be_visible()
    page.keyboard.press("Escape")
    expect(button).to_be_hidden()
    expect(menu).to_be_focused()
    menu.click()
    page.get_by_role("heading", level=1).click()
    expect(button).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 360])
def test_the_menu_shows_the_page_one_is_on_and_hides_nothing_that_fits(width, alice, open_page):
    page = open_page(alice, viewport={"width": width, "height": 740})
    page.goto("/settings/keys/")
    menu = page.get_by_role("navigation", name="Main menu")

    expect(menu.get_by_role("link", name="Settings")).to_be_in_viewport(ratio=0.9)
    scrolled = menu.evaluate("(menu) => menu.scrollLeft > 0")
    assert scrolled == (width == NARROW["width"])

"""A real Chromium, for the tests that need to see the page."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands here as needing services."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.services)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give the Chromium that `make test-services` installed."""
    # Playwright's loop runs in this thread; Django would take the thread for an asynchronous one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            chromium_sandbox=os.geteuid() != 0,
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, live_server) -> Iterator[Page]:
    """Give an empty page in French whose addresses begin at the live server; an error on the page fails the test."""
    context = browser.new_context(base_url=live_server.url, locale="fr-FR")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda line: errors.append(f"{line.location['url']}: {line.text}") if line.type == "error" else None
    )
    yield page
    # The status of the page itself is for the test to judge; a page without a link to its icon is asked for one.
    fetched = (page.url, f"{live_server.url}/favicon.ico")
    errors = [error for error in errors if not error.startswith(tuple(f"{url}: Failed to load" for url in fetched))]
    context.close()
    assert errors == []

"""A real Chromium, for the tests that need to see the page."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from accounts.models import User

HERE = Path(__file__).parent
QUIET = ["disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update"]
REFUSED_FORM = "Failed to load resource: .* 422 "
"""What Chromium logs when a form comes back to its dialog with its errors: meant, and judged by the test itself."""

Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands here as needing services."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.services)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium that `make test-services` installed."""
    # Playwright's loop runs in this thread; Django would take the thread for an asynchronous one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            chromium_sandbox=os.geteuid() != 0,
            args=[f"--{switch}" for switch in QUIET],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, live_server, sign_in) -> Iterator[Open]:
    """Open pages whose addresses begin at the live server: for a visitor, or for a user who is signed in.

    `open_page(alice)` speaks her language; `open_page(locale="en", java_script_enabled=False, viewport=…)` takes the
    options of a browser's context. Any error on a page that is not `expected` (a pattern), a breach of the security
    policy included, fails the test.
    """
    contexts, errors = [], []

    def open_page(user: User | None = None, *, expected: str = REFUSED_FORM, **options) -> Page:
        context = browser.new_context(
            **{
                "base_url": live_server.url,
                "locale": (user and user.language) or "fr-FR",
                "reduced_motion": "reduce",
                **options,
            }
        )
        contexts.append(context)
        if user is not None:
            cookie = sign_in(user).cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.extend(_errors(line, page, expected)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(open_page: Open) -> Page:
    """An empty page of a visitor, in French."""
    return open_page()


@pytest.fixture
def assert_accessible() -> Callable[[Page], None]:
    """Let axe look for barriers on a page, in its light and in its dark colours."""

    def assert_accessible(page: Page) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
            assert found.violations_count == 0, f"in {scheme}: {found.generate_report()}"

    return assert_accessible


def _errors(line: ConsoleMessage, page: Page, expected: str) -> list[str]:
    """Return the errors in a line of the console, except what is expected and the status of the page itself."""
    if line.type != "error" or re.match(expected, line.text):
        return []
    address = line.location["url"]
    own_status = line.text.startswith("Failed to load") and address in {page.url, "about:blank"}
    return [] if own_status else [f"{address}: {line.text}"]

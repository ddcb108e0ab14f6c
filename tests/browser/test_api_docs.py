"""The documentation of the API draws itself under the security policy and can be tried."""

import re

from playwright.sync_api import expect


def test_the_documentation_shows_every_route_and_breaks_no_policy(open_page, alice):
    page = open_page(alice)

    page.goto("/api/v1/docs/")

    expect(page.locator(".opblock-summary-path").filter(has_text="_rotate-secret")).to_be_visible()
    expect(page.locator(".opblock-tag-section")).not_to_have_count(0)


def test_a_call_can_be_tried_in_the_session(open_page, alice, account):
    page = open_page(alice)
    page.goto("/api/v1/docs/")

    block = page.locator("#operations-webhooks-webhooks_list")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()

    expect(block.locator(".live-responses-table tbody .response-col_status")).to_have_text(re.compile("200"))

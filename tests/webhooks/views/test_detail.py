"""The page of one webhook: who sees it, its deliveries filtered and paged, its secret, its audit log."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.principal import Principal
from tests.audit import acts_by, acts_on
from tests.factories import AttemptFactory, DeliveryFactory, EventFactory, WebhookFactory
from webhooks.encryption import seal
from webhooks.subscriptions.services import edit_webhook, rotate_secret
from webhooks.subscriptions.spec import WebhookSpec

HTMX = {"HX-Request": "true"}


@pytest.fixture
def webhook(account):
    return WebhookFactory.create(account=account, title="Our chat", url="https://chat.example/hooks/abc")


@pytest.fixture
def browser(alice, sign_in):
    return sign_in(alice)


@pytest.fixture
def look(webhook, browser):
    """Return a function that gets the page, with a query, and returns the ids of the deliveries on it."""

    def look(**query):
        page = browser.get(f"/settings/webhooks/{webhook.pk}/", query)
        assert page.status_code == 200
        return [row.delivery.pk for row in page.context["rows"]]

    return look


def text(answer):
    return answer.content.decode()


def about(webhook, **fields):
    event_fields = {
        name: fields.pop(name) for name in ("type", "resource_title", "resource_id", "detail") if name in fields
    }
    return DeliveryFactory.create(
        webhook=webhook, event=EventFactory.create(account=webhook.account, **event_fields), **fields
    )


PATHS = [
    ("get", ""),
    ("post", "enable/"),
    ("post", "disable/"),
    ("post", "secret/"),
    *((method, path) for path in ("test/", "replay/", "cancel/", "secret/rotate/") for method in ("get", "post")),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_only_administrators_of_the_account_get_there(webhook, carl, bob, sign_in, method, path):
    url = f"/settings/webhooks/{webhook.pk}/{path}"

    assert getattr(sign_in(carl), method)(url).status_code == 403
    assert getattr(sign_in(bob), method)(url).status_code == 404
    assert acts_on(webhook) == []


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("post", "retry/"), ("post", "cancel/")])
def test_a_delivery_is_found_under_its_own_webhook_only(account, webhook, carl, bob, alice, sign_in, method, path):
    delivery = DeliveryFactory.create(webhook=webhook)
    url = f"/settings/webhooks/{webhook.pk}/deliveries/{delivery.pk}/{path}"
    elsewhere = f"/settings/webhooks/{WebhookFactory.create(account=account).pk}/deliveries/{delivery.pk}/{path}"

    assert getattr(sign_in(carl), method)(url).status_code == 403
    assert getattr(sign_in(bob), method)(url).status_code == 404
    assert getattr(sign_in(alice), method)(elsewhere).status_code == 404
    delivery.refresh_from_db()
    assert delivery.state == "pending"


def test_a_deleted_webhook_has_no_page(webhook, browser):
    webhook.deleted_at = timezone.now()
    webhook.save()

    assert browser.get(f"/settings/webhooks/{webhook.pk}/").status_code == 404


def test_a_page_without_deliveries_invites_to_send_a_test(webhook, browser):
    page = text(browser.get(f"/settings/webhooks/{webhook.pk}/"))

    assert "Nothing was sent yet" in page
    assert f'href="/settings/webhooks/{webhook.pk}/test/"' in page
    assert "every 3s" not in page


@pytest.mark.parametrize("count", [1, 50])
def test_the_page_costs_the_same_whatever_its_history(webhook, browser, django_assert_num_queries, count):
    DeliveryFactory.create_batch(count, webhook=webhook, state="delivered")
    browser.get(f"/settings/webhooks/{webhook.pk}/")

    with django_assert_num_queries(7):  # session, user, memberships, webhook, deliveries, secrets, changes
        browser.get(f"/settings/webhooks/{webhook.pk}/")


def test_deliveries_are_told_in_words(webhook, browser):
    about(webhook, resource_title="<b>Roads</b>", state="failed", status_code=503, error="status", attempt_count=10)
    about(webhook, state="failed", error="timeout")
    about(webhook, failures=2, attempt_count=2, status_code=500, error="status")

    page = text(browser.get(f"/settings/webhooks/{webhook.pk}/"))

    assert "&lt;b&gt;Roads&lt;/b&gt;" in page
    for words in ("HTTP 503", "10 attempts", "no answer in time", "will try again", "next "):
        assert words in page


def test_the_list_is_read_again_only_while_something_waits(webhook, browser):
    DeliveryFactory.create(webhook=webhook)

    part = text(browser.get(f"/settings/webhooks/{webhook.pk}/?state=pending", headers=HTMX))

    assert "<html" not in part
    assert f'hx-get="/settings/webhooks/{webhook.pk}/?state=pending"' in part
    assert "every 3s" in part


def test_deliveries_are_filtered_by_state_event_day_and_text(webhook, look):
    roads = about(webhook, resource_title="Roads", state="delivered")
    trees = about(webhook, resource_title="Trees", type="dataset.error", detail="Line 12", state="failed")
    old = about(webhook, resource_id="old-one", created_at=timezone.now() - timedelta(days=3), state="delivered")
    DeliveryFactory.create(state="delivered")
    today, yesterday = timezone.localdate(), timezone.localdate() - timedelta(days=1)

    assert look() == [old.pk, trees.pk, roads.pk]
    assert look(state="failed") == [trees.pk]
    assert look(type="dataset.error") == [trees.pk]
    assert look(since=today.isoformat()) == [trees.pk, roads.pk]
    assert look(until=yesterday.isoformat()) == [old.pk]
    assert look(q="road") == [roads.pk]
    assert look(q="line 12") == [trees.pk]
    assert look(q="OLD-one") == [old.pk]
    assert look(q=trees.event_id.hex) == [trees.pk]
    assert look(q="nothing") == []


def test_a_filter_that_is_not_valid_restricts_nothing(webhook, look):
    delivery = about(webhook, state="delivered")

    assert look(state="exploded", since="soon", type="?", before="x", after="99999999999999999999") == [delivery.pk]


def test_long_lists_are_walked_under_the_same_filter(webhook, browser):
    deliveries = [about(webhook, state="delivered").pk for _ in range(30)]
    about(webhook, state="failed")

    first = browser.get(f"/settings/webhooks/{webhook.pk}/?state=delivered")
    second = browser.get(first.context["older"])
    back = browser.get(second.context["newer"])

    assert first.context["older"] == f"/settings/webhooks/{webhook.pk}/?state=delivered&before={deliveries[5]}"
    assert first.context["newer"] is None
    assert [row.delivery.pk for row in second.context["rows"]] == deliveries[4::-1]
    assert second.context["older"] is None
    assert [row.delivery.pk for row in back.context["rows"]] == deliveries[:4:-1]


def test_the_secret_shows_on_demand_only_and_who_saw_it_is_noted(webhook, browser):
    secret = webhook.secrets.get().reveal()
    DeliveryFactory.create_batch(30, webhook=webhook, state="delivered")
    assert secret not in text(browser.get(f"/settings/webhooks/{webhook.pk}/"))

    page = browser.post(f"/settings/webhooks/{webhook.pk}/secret/")
    part = browser.post(f"/settings/webhooks/{webhook.pk}/secret/", headers=HTMX)

    for answer in (page, part):
        assert secret in text(answer)
        assert "no-store" in answer["Cache-Control"]
    assert "<html" not in text(part)
    assert browser.get(page.context["older"]).status_code == 200
    assert acts_by(webhook) == [("secret_revealed", "Alice")] * 2
    assert browser.get(f"/settings/webhooks/{webhook.pk}/secret/").status_code == 405


def test_a_target_that_signs_nothing_shows_no_secret(account, browser):
    webhook = WebhookFactory.create(
        account=account, target_kind="google_analytics", settings={"tracking_id": "UA-12345678-1"}
    )

    assert "Signing secret" not in text(browser.get(f"/settings/webhooks/{webhook.pk}/"))


def test_an_old_secret_that_is_still_valid_is_mentioned(webhook, browser, by):
    rotate_secret(webhook, by=by, overlap_hours=24)

    assert "An older secret is valid until" in text(browser.get(f"/settings/webhooks/{webhook.pk}/"))


def test_the_audit_log_says_who_did_what(webhook, browser):
    carl = Principal(kind="user", id="1", name="<i>Carl</i>")
    edit_webhook(webhook, spec=replace(WebhookSpec.of(webhook), title="Chat"), by=carl)

    page = text(browser.get(f"/settings/webhooks/{webhook.pk}/"))

    assert re.search(r"edited\s*<span class=\"muted\">· title</span>", page)
    assert "&lt;i&gt;Carl&lt;/i&gt;" in page


def test_a_delivery_opens_to_its_attempts_the_newest_first(webhook, browser):
    delivery = about(webhook, resource_title="Roads", state="delivered", status_code=200)
    AttemptFactory.create(
        delivery=delivery,
        url="https://chat.example/hooks/•••",
        status_code=None,
        error="timeout",
        reason="No complete answer came in time.",
        response_headers=[],
        response_body="",
        trigger="manual",
    )
    AttemptFactory.create(delivery=delivery, response_body='{"html": "<script>x</script>"}', truncated=True)

    page = browser.get(f"/settings/webhooks/{webhook.pk}/deliveries/{delivery.pk}/")
    dialog = browser.get(f"/settings/webhooks/{webhook.pk}/deliveries/{delivery.pk}/", headers=HTMX)

    assert [attempt.outcome for attempt in page.context["attempts"]] == ["HTTP 200", "no answer in time"]
    assert "<html" not in text(dialog)
    for answer in (page, dialog):
        assert "&quot;html&quot;: &quot;&lt;script&gt;x&lt;/script&gt;&quot;" in text(answer)
        assert "https://chat.example/hooks/•••" in text(answer)
        assert "sent again by a person" in text(answer)
        assert "Only the beginning of the answer was kept." in text(answer)


def test_the_body_of_a_delivery_is_prepared_again(webhook, browser):
    delivery = about(webhook, resource_title="Roads & <b>", state="delivered")

    body = browser.get(f"/settings/webhooks/{webhook.pk}/deliveries/{delivery.pk}/").context["request_body"]

    assert '"event": "finalize-end"' in body


def test_no_secret_shows_in_the_body_that_is_prepared_again(account, browser):
    settings = {
        "tracker_base": "https://matomo.example/",
        "site_id": 1,
        "token_auth": "0123456789abcdef0123456789abcdef",
    }
    webhook = WebhookFactory.create(account=account, target_kind="matomo", settings=settings)
    delivery = about(webhook, state="delivered")

    body = browser.get(f"/settings/webhooks/{webhook.pk}/deliveries/{delivery.pk}/").context["request_body"]

    assert "idsite=1" in body
    assert "0123456789abcdef" not in body


def test_a_delivery_of_a_type_that_is_known_no_more_still_has_a_page(account, browser):
    webhook = WebhookFactory.create(account=account, target_kind="pigeon", settings={})
    delivery = about(webhook, type="forgotten.type", state="skipped")

    page = text(browser.get(f"/settings/webhooks/{webhook.pk}/deliveries/{delivery.pk}/"))

    assert "forgotten.type" in page
    assert "Nothing was sent: the webhook was disabled." in page


def test_a_lost_key_loses_no_page(webhook, alice, sign_in, settings):
    webhook.sealed = seal({"headers": [["Authorization", "Bearer secret"]]})
    webhook.save()
    delivery = about(webhook, state="delivered")
    settings.SECRET_KEY = "another-key-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF"
    browser = sign_in(alice)

    for path in ("", f"{webhook.pk}/", f"{webhook.pk}/edit/", f"{webhook.pk}/deliveries/{delivery.pk}/"):
        assert browser.get(f"/settings/webhooks/{path}").status_code == 200, path
    revealed = browser.post(f"/settings/webhooks/{webhook.pk}/secret/", headers=HTMX)
    assert "The secret cannot be read" in text(revealed)


def test_a_webhook_of_an_unknown_kind_can_still_be_mended(account, browser):
    webhook = WebhookFactory.create(account=account, target_kind="pigeon", settings={})

    assert browser.get(f"/settings/webhooks/{webhook.pk}/edit/").status_code == 200

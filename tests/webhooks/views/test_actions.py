"""What a person does from a webhook's page: each act confirms where it should, happens once, says so, and is logged."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.audit import acts_by
from tests.factories import DeliveryFactory, WebhookFactory
from tests.receiver import Answer
from webhooks.models import Delivery, Event

HTMX = {"HX-Request": "true"}
CLOSED = '{"dialog:close": {}, "deliveries:changed": {}}'


@pytest.fixture
def webhook(account):
    return WebhookFactory.create(account=account, event_types=["dataset.error", "dataset.finalized"])


@pytest.fixture
def browser(alice, sign_in):
    return sign_in(alice)


@pytest.fixture
def page(webhook):
    return f"/settings/webhooks/{webhook.pk}/"


def text(answer):
    return answer.content.decode()


def test_it_is_disabled_and_enabled(webhook, browser, page):
    off = browser.post(f"{page}disable/", follow=True)
    again = browser.post(f"{page}disable/", follow=True)
    on = browser.post(f"{page}enable/", follow=True)
    on_again = browser.post(f"{page}enable/", follow=True)

    webhook.refresh_from_db()
    assert webhook.enabled
    assert "The webhook is disabled." in text(off)
    assert "This webhook is already disabled." in text(again)
    assert "The webhook is enabled." in text(on)
    assert "This webhook is already enabled." in text(on_again)
    assert acts_by(webhook) == [("disabled", "Alice"), ("enabled", "Alice")]


def test_a_test_offers_the_webhooks_own_events_first(browser, page):
    form = browser.get(f"{page}test/").context["form"]

    (_own, own), (_others, others) = form.fields["event_type"].choices
    assert [key for key, _label in own] == ["dataset.error", "dataset.finalized"]
    assert len(others) == 8


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_test_of_the_chosen_event_is_sent(webhook, browser, page, headers):
    answer = browser.post(f"{page}test/", {"event_type": "visualisation.error"}, headers=headers)

    event = Event.objects.get()
    assert (event.type, event.is_test) == ("visualisation.error", True)
    assert Delivery.objects.get(webhook=webhook).trigger == "test"
    assert (answer.get("HX-Trigger"), answer.get("Location")) == ((CLOSED, None) if headers else (None, page))
    assert "The test is on its way" in text(browser.get(page))
    assert acts_by(webhook) == [("tested", "Alice")]


def test_a_test_of_nothing_is_refused(browser, page):
    answer = browser.post(f"{page}test/", {"event_type": "no.such"}, headers=HTMX)

    assert answer.status_code == 422
    assert 'id="id_event_type_error"' in text(answer)


def test_too_many_tests_are_refused_in_the_dialog(browser, page):
    for _ in range(10):
        browser.post(f"{page}test/", {"event_type": "dataset.error"})

    answer = browser.post(f"{page}test/", {"event_type": "dataset.error"}, headers=HTMX)

    assert answer.status_code == 422
    assert re.search(r"Too many tests within a minute: the next one is possible in \d+ second", text(answer))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_secret_is_renewed_with_the_overlap_that_was_chosen(webhook, browser, page, headers):
    old = webhook.secrets.get()

    browser.post(f"{page}secret/rotate/", {"overlap_hours": "1"}, headers=headers)

    old.refresh_from_db()
    assert timedelta(minutes=59) < old.valid_until - timezone.now() <= timedelta(hours=1)
    assert webhook.secrets.count() == 2
    assert "The webhook has a new secret" in text(browser.get(page))


def test_an_overlap_that_is_not_offered_is_refused(webhook, browser, page):
    answer = browser.post(f"{page}secret/rotate/", {"overlap_hours": "1000"}, headers=HTMX)

    assert answer.status_code == 422
    assert webhook.secrets.count() == 1


@pytest.fixture
def settled(webhook):
    """Return one delivery of each final state, made a day ago, and a failed one of ten days ago."""
    yesterday, long_ago = timezone.now() - timedelta(days=1), timezone.now() - timedelta(days=10)
    states = ("delivered", "failed", "cancelled", "skipped")
    found = {state: DeliveryFactory.create(webhook=webhook, state=state, created_at=yesterday) for state in states}
    return found | {"old": DeliveryFactory.create(webhook=webhook, state="failed", created_at=long_ago)}


def pending(settled):
    return {name for name, delivery in settled.items() if Delivery.objects.get(pk=delivery.pk).state == "pending"}


def test_a_replay_is_counted_before_it_is_confirmed(browser, page, settled):
    asked = browser.post(f"{page}replay/", {"what": "lost"})

    assert asked.context["count"] == 3
    assert "3 deliveries are going to be sent again" in text(asked)
    assert pending(settled) == set()

    done = browser.post(f"{page}replay/", {"what": "lost", "confirmed": "1"}, follow=True)
    assert "3 deliveries are sent again." in text(done)
    assert pending(settled) == {"failed", "skipped", "old"}


def test_a_replay_begins_where_it_is_told(browser, page, settled):
    since = (timezone.localtime() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")

    browser.post(f"{page}replay/", {"what": "all", "since": since, "confirmed": "1"}, headers=HTMX)

    assert pending(settled) == {"delivered", "failed", "cancelled", "skipped"}


def test_a_replay_under_fresh_ids_leaves_the_old_deliveries_alone(webhook, browser, page, settled):
    browser.post(f"{page}replay/", {"what": "lost", "fresh_ids": "on", "confirmed": "1"})

    assert pending(settled) == set()
    assert webhook.deliveries.filter(state="pending").count() == 3


def test_the_choice_survives_the_confirmation(browser, page, settled):
    asked = text(browser.post(f"{page}replay/", {"what": "all", "since": "2026-01-02T03:04", "fresh_ids": "on"}))

    for field in ('name="what" value="all"', 'name="since" value="2026-01-02T03:04"', 'name="fresh_ids" value="on"'):
        assert field in asked.replace("True", "on")


def test_nothing_to_replay_is_said_and_cannot_be_confirmed(browser, page):
    asked = text(browser.post(f"{page}replay/", {"what": "lost"}))

    assert "there is nothing to send again" in asked
    assert 'name="confirmed"' not in asked


def test_a_replay_to_a_disabled_webhook_is_refused_in_the_dialog(browser, page, settled):
    browser.post(f"{page}disable/")

    answer = browser.post(f"{page}replay/", {"what": "lost", "confirmed": "1"}, headers=HTMX)

    assert answer.status_code == 422
    assert "This webhook is disabled: enable it first." in text(answer)


def test_a_wrong_date_stands_beside_its_field(browser, page):
    answer = browser.post(f"{page}replay/", {"what": "lost", "since": "soon"}, headers=HTMX)

    assert answer.status_code == 422
    assert 'id="id_since_error"' in text(answer)


def test_what_waits_is_cancelled_once_confirmed(webhook, browser, page):
    DeliveryFactory.create_batch(2, webhook=webhook)
    assert "is cancelled" in text(browser.get(f"{page}cancel/"))
    assert webhook.deliveries.filter(state="pending").count() == 2

    answer = browser.post(f"{page}cancel/", follow=True)

    assert "2 deliveries were cancelled." in text(answer)
    assert webhook.deliveries.filter(state="cancelled").count() == 2


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_one_delivery_is_sent_again(webhook, browser, page, headers):
    delivery = DeliveryFactory.create(webhook=webhook, state="failed")

    answer = browser.post(f"{page}deliveries/{delivery.pk}/retry/", headers=headers)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.trigger) == ("pending", "manual")
    there = f"{page}deliveries/{delivery.pk}/"
    assert (answer.get("HX-Trigger"), answer.get("Location")) == ((CLOSED, None) if headers else (None, there))
    assert "It is sent again now." in text(browser.get(page))


def test_one_delivery_is_cancelled_once(webhook, browser, page):
    delivery = DeliveryFactory.create(webhook=webhook)

    first = browser.post(f"{page}deliveries/{delivery.pk}/cancel/", follow=True)
    second = browser.post(f"{page}deliveries/{delivery.pk}/cancel/", follow=True)

    delivery.refresh_from_db()
    assert delivery.state == "cancelled"
    assert "The delivery was cancelled." in text(first)
    assert "This delivery is not waiting to be sent." in text(second)


def test_what_google_says_of_a_test_is_shown(account, browser, receiver, settings):
    settings.GOOGLE_ANALYTICS_URL = receiver.url("")
    settings.EGRESS_ALLOW = ["127.0.0.1:*"]
    receiver.answer(Answer(body=b'{"validationMessages": [{"fieldPath": "events", "description": "Too long."}]}'))
    ga4 = {"tracking_id": "G-ABCDEF1234", "api_secret": "s3cret"}
    webhook = WebhookFactory.create(account=account, target_kind="google_analytics", settings=ga4)

    browser.post(f"/settings/webhooks/{webhook.pk}/test/", {"event_type": "dataset.error"})

    assert "events: Too long." in text(browser.get(f"/settings/webhooks/{webhook.pk}/"))

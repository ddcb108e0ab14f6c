"""When a delivery is tried again, when it is given up, and what becomes of its webhook."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
from django.core import mail
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from tests.audit import acts_on
from tests.factories import DeliveryFactory, EventFactory, WebhookFactory
from tests.receiver import Answer
from tests.webhooks.delivery.conftest import attempt_of, outcome, waits_s
from webhooks.delivery import replay
from webhooks.delivery.retry import JITTER
from webhooks.egress import Response
from webhooks.filters import DeliveryFilter
from webhooks.models import Delivery
from webhooks.subscriptions import notifications, services
from webhooks.targets.target import retry_after_s

GA4 = {"tracking_id": "G-ABCDEF1234", "api_secret": "s3cret"}
DAY_S = 86400


def test_a_burst_of_failures_does_not_come_back_as_a_burst(receiver, run, due):
    webhook = due(receiver.answering(500)).webhook
    DeliveryFactory.create_batch(59, webhook=webhook)

    run()

    waits = [waits_s(delivery) for delivery in Delivery.objects.all()]
    assert all(5 * (1 - JITTER) <= wait <= 5 * (1 + JITTER) for wait in waits)
    assert max(waits) - min(waits) > 5 * JITTER


@pytest.mark.parametrize(
    ("failures", "asked", "wait_s"),
    [
        (0, ["600", "1200"], 600),
        (0, ["soon", "600"], 5),
        (5, ["600"], 36000),
        (1, [format_datetime(timezone.now() + timedelta(hours=12), usegmt=True)], 12 * 3600),
        (1, ["Friday, 31-Dec-99 23:59:59 GMT"], 300),
        (1, ["Fri Dec 31 23:59:59 9999"], DAY_S),
        (8, ["9999999999"], DAY_S),
    ],
)
def test_of_several_retry_after_the_first_counts_and_only_when_it_is_the_later(
    receiver, run, due, failures, asked, wait_s
):
    headers = tuple(("Retry-After", value) for value in asked)
    delivery = due(receiver.answering(Answer(status=503, headers=headers)), failures=failures)

    run()

    assert wait_s * (1 - JITTER) - 300 < waits_s(delivery) < wait_s * (1 + JITTER) + 300


@given(
    st.text(max_size=40) | st.from_regex(r"\w{3}, \d{1,2} \w{3} \d{1,4} \d\d:\d\d:\d\d [+-]?\d{1,5}", fullmatch=True)
)
@example("Mon, 01 Jan 0001 00:00:00 +2359")
@example("Fri, 31 Dec 9999 23:59:59 -2359")
@example("9" * 400)
@example("1_0")
def test_no_retry_after_is_an_error(text):
    headers = (("Retry-After", text),)
    asked = retry_after_s(Response(503, headers, b"", False, None, "", timezone.now(), 1))

    assert asked is None or asked >= 0


@pytest.mark.parametrize(("hours", "state"), [(47, "pending"), (47.9995, "failed"), (49, "failed")])
def test_ga4_is_not_told_of_what_is_older_than_two_days(account, receiver, run, settings, hours, state):
    settings.GOOGLE_ANALYTICS_URL = receiver.url("")
    receiver.answer(503)
    webhook = WebhookFactory.create(account=account, target_kind="google_analytics", settings=GA4)
    event = EventFactory.create(account=account, occurred_at=timezone.now() - timedelta(hours=hours))
    delivery = DeliveryFactory.create(webhook=webhook, event=event)

    run()

    assert outcome(delivery) == (state, 1, "status")


def test_administrators_are_told_once_that_deliveries_are_given_up(receiver, run, due, alice, settings):
    settings.WEBHOOK_RETRY_SCHEDULE_S = [1]
    url = receiver.answering(500)
    webhook = due(url, failures=1).webhook
    DeliveryFactory.create(webhook=webhook, failures=1)
    for _ in range(2):
        run()
        notifications.tell_administrators()
        DeliveryFactory.create(webhook=webhook, failures=1)

    assert set(Delivery.objects.filter(attempt_count=1).values_list("state", flat=True)) == {"failed"}
    assert acts_on(webhook) == ["failing"]
    assert [message.to for message in mail.outbox] == [["alice@ville.example"]]


@pytest.mark.parametrize(
    ("days", "failed_attempts", "state"), [(6, 19, "disabled"), (6, 18, "active"), (4, 40, "active")]
)
def test_five_days_and_twenty_failures_disable_a_webhook(receiver, run, due, alice, days, failed_attempts, state):
    failing = {"failing_since": timezone.now() - timedelta(days=days), "failed_attempts": failed_attempts}
    webhook = WebhookFactory.create(account=alice.accounts.get(slug="ville"), url=receiver.answering(500), **failing)
    tried = due(webhook=webhook)
    waiting = due(webhook=webhook, next_attempt_at=timezone.now() + timedelta(hours=1))

    run()
    notifications.tell_administrators()

    webhook.refresh_from_db()
    given_up = state == "disabled"
    assert (webhook.state, webhook.disabled_reason) == (state, "failing" if given_up else "")
    assert {outcome(each)[0] for each in (tried, waiting)} == {"skipped" if given_up else "pending"}
    assert len(mail.outbox) == given_up


def test_what_a_disabled_webhook_skipped_is_sent_when_it_is_replayed(account, receiver, run, by):
    webhook = WebhookFactory.create(account=account, url=receiver.url("/in"))
    services.disable_webhook(webhook, by=by)
    EventFactory.create(account=account, fanned_out_at=None)
    run()
    skipped = webhook.deliveries.get()
    assert (outcome(skipped), receiver.requests()) == (("skipped", 0, ""), [])

    services.enable_webhook(webhook, by=by)
    run()
    assert receiver.requests() == []
    assert replay.replay(webhook, DeliveryFilter(states=("skipped",)), by=by) == 1
    run()

    assert outcome(skipped) == ("delivered", 1, "")
    assert attempt_of(skipped).trigger == "replay"

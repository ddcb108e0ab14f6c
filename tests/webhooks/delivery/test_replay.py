"""What a person can have delivered again, tested or cancelled, and when that is refused."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from tests.audit import history_of
from tests.factories import DeliveryFactory, EventFactory, WebhookFactory
from tests.receiver import Answer
from webhooks import wakeup
from webhooks.delivery import replay
from webhooks.errors import Conflict, TooSoon
from webhooks.events import registry
from webhooks.filters import DeliveryFilter
from webhooks.models import Delivery, Event
from webhooks.subscriptions import audit
from webhooks.subscriptions.audit import Action

FAILED = DeliveryFilter(states=("failed",))


@pytest.fixture
def webhook(account):
    return WebhookFactory.create(account=account)


def logged(webhook):
    return [(act, detail) for act, detail, _by in history_of(webhook)]


def states(webhook):
    return list(Delivery.objects.filter(webhook=webhook).order_by("id").values_list("state", flat=True))


def past(webhook, state="failed", **fields):
    return DeliveryFactory.create(webhook=webhook, state=state, failures=10, **fields)


def rang(callbacks):
    return callbacks == [wakeup.ring]


def test_a_test_is_a_sample_that_only_this_webhook_hears_of(webhook, by, django_capture_on_commit_callbacks):
    WebhookFactory.create(account=webhook.account)

    with django_capture_on_commit_callbacks() as callbacks:
        delivery = replay.send_test(webhook, by=by).delivery

    event = Event.objects.get()
    kind = registry.get("dataset.finalized")
    assert (event.type, event.is_test, event.origin_name) == (kind.key, True, "Alice")
    assert event.data == kind.sample
    assert event.resource_api_url == f"http://testserver/api/v1/datasets/{kind.sample['id']}"
    assert event.fanned_out_at is not None
    assert Delivery.objects.get() == delivery
    assert (delivery.webhook, delivery.state, delivery.trigger) == (webhook, "pending", "test")
    assert logged(webhook) == [("tested", "dataset.finalized")]
    assert rang(callbacks)
    assert not Event.objects.of(webhook.account).exists()


def test_a_test_can_be_of_any_type_and_to_a_disabled_webhook(account, by):
    webhook = WebhookFactory.create(account=account, disabled=True)

    delivery = replay.send_test(webhook, by=by, event_type="application-error").delivery

    assert (delivery.event.type, delivery.state) == ("visualisation.error", "pending")
    assert delivery.event.resource_api_url.startswith("http://testserver/api/v1/applications/")


@pytest.mark.usefixtures("in_english")
def test_tests_have_a_limit(webhook, by, monkeypatch):
    monkeypatch.setattr(replay, "MAX_TESTS_PER_MINUTE", 2)
    for _ in range(2):
        replay.send_test(webhook, by=by)

    with pytest.raises(TooSoon, match=r"Too many tests within a minute: the next one is possible in \d+ seconds?\."):
        replay.send_test(webhook, by=by)
    assert Delivery.objects.count() == 2


@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize(
    ("ages_s", "wait_s", "told"),
    [((59.2, 30, 1), 1, "in 1 second."), ((90, 45.5, 30, 1), 15, "in 15 seconds."), ((61, 60, 1), None, "")],
)
def test_a_test_too_many_says_when_the_next_one_is_possible(webhook, by, monkeypatch, ages_s, wait_s, told):
    monkeypatch.setattr(replay, "MAX_TESTS_PER_MINUTE", 3)
    now = timezone.now()
    for age_s in ages_s:
        with time_machine.travel(now - timedelta(seconds=age_s), tick=False), transaction.atomic():
            audit.log(webhook, Action.TESTED, by=by)

    with time_machine.travel(now, tick=False):
        if wait_s is None:
            assert replay.send_test(webhook, by=by).delivery
            return
        with pytest.raises(TooSoon) as caught:
            replay.send_test(webhook, by=by)
    assert (caught.value.wait_s, str(caught.value).partition("possible ")[2]) == (wait_s, told)


@pytest.mark.parametrize("state", ["delivered", "failed", "cancelled", "skipped"])
def test_what_is_settled_can_be_sent_again_on_a_fresh_schedule(webhook, by, state, django_capture_on_commit_callbacks):
    delivery = past(webhook, state)

    with django_capture_on_commit_callbacks() as callbacks:
        replay.redeliver(delivery, by=by)

    assert (delivery.state, delivery.trigger, delivery.failures) == ("pending", "manual", 0)
    assert delivery in Delivery.objects.due(timezone.now())
    assert rang(callbacks)
    assert logged(webhook) == [("replayed", delivery.event_id.hex)]


def test_what_waits_for_its_next_attempt_can_be_sent_now(webhook, by):
    delivery = DeliveryFactory.create(webhook=webhook, next_attempt_at=timezone.now() + timedelta(hours=5), failures=4)

    replay.redeliver(delivery, by=by)

    assert delivery in Delivery.objects.due(timezone.now())


@pytest.mark.usefixtures("in_english")
def test_what_a_courier_holds_is_left_to_it(webhook, by):
    delivery = DeliveryFactory.create(webhook=webhook, leased=True)

    with pytest.raises(Conflict, match="at this moment"):
        replay.redeliver(delivery, by=by)
    with pytest.raises(Conflict, match="not waiting"):
        replay.cancel(delivery, by=by)
    assert replay.cancel_all(webhook, by=by) == 0
    assert Delivery.objects.filter(state="pending", lease_token__isnull=False).count() == 1


@pytest.mark.usefixtures("in_english")
def test_nothing_is_sent_again_to_a_webhook_that_is_disabled(account, by):
    webhook = WebhookFactory.create(account=account, disabled=True)
    delivery = past(webhook)

    with pytest.raises(Conflict, match="enable it first"):
        replay.redeliver(delivery, by=by)
    with pytest.raises(Conflict, match="enable it first"):
        replay.replay(webhook, FAILED, by=by)
    assert states(webhook) == ["failed"]


def test_a_pending_delivery_can_be_cancelled_once(webhook, by):
    delivery = DeliveryFactory.create(webhook=webhook)

    replay.cancel(delivery, by=by)

    assert (delivery.state, delivery.next_attempt_at) == ("cancelled", None)
    with pytest.raises(Conflict):
        replay.cancel(delivery, by=by)
    assert logged(webhook) == [("cancelled", delivery.event_id.hex)]


def test_all_that_waits_can_be_cancelled(webhook, by):
    DeliveryFactory.create_batch(2, webhook=webhook)
    past(webhook)
    other = DeliveryFactory.create()

    assert replay.cancel_all(webhook, by=by) == 2

    assert states(webhook) == ["cancelled", "cancelled", "failed"]
    assert states(other.webhook) == ["pending"]


def test_all_that_failed_is_replayed_under_the_same_ids(webhook, by, django_capture_on_commit_callbacks):
    failed = past(webhook)
    past(webhook, "delivered")
    past(webhook, event=EventFactory.create(account=webhook.account, is_test=True))
    past(WebhookFactory.create(account=webhook.account))

    with django_capture_on_commit_callbacks() as callbacks:
        count = replay.replay(webhook, FAILED, by=by)

    assert (count, replay.replayable(webhook, FAILED).count()) == (1, 0)
    failed.refresh_from_db()
    assert (failed.state, failed.trigger, failed.failures) == ("pending", "replay", 0)
    assert states(webhook) == ["pending", "delivered", "failed"]
    assert logged(webhook) == [("replayed", "1")]
    assert rang(callbacks)


def test_a_period_is_replayed_whatever_became_of_it(webhook, by):
    now = timezone.now()
    for hours, state in ((3, "delivered"), (2, "delivered"), (1, "skipped"), (0, "cancelled")):
        past(webhook, state, created_at=now - timedelta(hours=hours))
    period = DeliveryFilter(states=Delivery.SETTLED, since=now - timedelta(hours=2), until=now - timedelta(minutes=30))

    assert replay.replayable(webhook, period).count() == 2
    assert replay.replay(webhook, period, by=by) == 2
    assert states(webhook) == ["delivered", "pending", "pending", "cancelled"]


def test_a_replay_under_fresh_ids_leaves_the_originals_and_the_journal_alone(webhook, by):
    delivery = past(webhook, event=EventFactory.create(account=webhook.account, data={"a": 1}))
    original = delivery.event

    assert replay.replay(webhook, FAILED, by=by, fresh_ids=True) == 1

    again = Delivery.objects.exclude(pk=delivery.pk).get()
    assert (again.webhook, again.state, again.trigger) == (webhook, "pending", "replay")
    assert again.event_id != original.pk
    assert (again.event.copy_of, again.event.sequence, again.event.data) == (original.pk, original.sequence, {"a": 1})
    assert again.event.occurred_at == original.occurred_at
    assert states(webhook) == ["failed", "pending"]
    assert list(Event.objects.of(webhook.account)) == [original]
    assert list(Event.objects.journal().filter(resource_id=original.resource_id)) == [original]


def test_a_copy_of_a_copy_still_names_what_happened(webhook, by):
    delivery = past(webhook)
    replay.replay(webhook, FAILED, by=by, fresh_ids=True)
    Delivery.objects.exclude(pk=delivery.pk).update(state="failed", next_attempt_at=None, settled_at=timezone.now())
    delivery.delete()

    replay.replay(webhook, FAILED, by=by, fresh_ids=True)

    assert set(Event.objects.values_list("copy_of", flat=True)) == {None, delivery.event_id}


def test_a_replay_is_paced(webhook, by, monkeypatch):
    monkeypatch.setattr(replay, "REPLAY_STEP_DELIVERIES", 2)
    for _ in range(5):
        past(webhook)

    replay.replay(webhook, FAILED, by=by)

    due = Delivery.objects.order_by("id").values_list("next_attempt_at", flat=True)
    times = [at for at in due if at is not None]
    assert [(at - times[0]).total_seconds() for at in times] == [0, 0, 0.1, 0.1, 0.2]


@pytest.mark.usefixtures("in_english")
def test_a_replay_of_too_many_is_refused_whole(webhook, by, monkeypatch):
    monkeypatch.setattr(replay, "MAX_REPLAY_DELIVERIES", 1)
    past(webhook), past(webhook)

    with pytest.raises(Conflict, match="shorter period"):
        replay.replay(webhook, FAILED, by=by)
    assert states(webhook) == ["failed", "failed"]


def test_a_replay_never_holds_what_is_pending(webhook):
    DeliveryFactory.create(webhook=webhook)

    assert not replay.replayable(webhook, DeliveryFilter(states=("pending",))).exists()
    assert not replay.replayable(webhook, DeliveryFilter()).exists()


GA4 = {"tracking_id": "G-ABCDEF1234", "api_secret": "s3cret"}


@pytest.fixture
def analytics(account, receiver, settings):
    """Return a webhook to Google Analytics 4, played by the receiver."""
    settings.GOOGLE_ANALYTICS_URL = receiver.url("")
    settings.EGRESS_ALLOW = ["127.0.0.1:*"]
    return WebhookFactory.create(account=account, target_kind="google_analytics", settings=GA4)


DEBUG = "/debug/mp/collect"


def test_a_test_of_ga4_first_asks_its_validation(analytics, receiver, by):
    said = {"validationMessages": [{"fieldPath": "events", "description": "Too long.", "validationCode": "X"}]}
    receiver.answer(Answer(body=json.dumps(said).encode()), path=DEBUG)

    test = replay.send_test(analytics, by=by)

    assert test.remarks == ("events: Too long.",)
    [asked] = receiver.requests()
    assert asked.path == f"{DEBUG}?measurement_id=G-ABCDEF1234&api_secret=s3cret"
    assert asked.json()["validation_behavior"] == "ENFORCE_RECOMMENDATIONS"
    assert asked.json()["events"][0]["name"] == "dataset_finalized"
    assert test.delivery.state == "pending"


@pytest.mark.parametrize(
    ("answer", "remarks"),
    [
        (Answer(body=b'{"validationMessages": []}'), ()),
        (Answer(body=b"<html>"), ()),
        (Answer(body=b'{"validationMessages": [3]}'), ()),
        (500, ("The validation of Google Analytics could not be asked: HTTP 500",)),
    ],
)
@pytest.mark.usefixtures("in_english")
def test_a_validation_that_is_content_or_cannot_answer_does_not_stop_the_test(analytics, receiver, by, answer, remarks):
    receiver.answer(answer, path=DEBUG)

    test = replay.send_test(analytics, by=by)

    assert test.remarks == remarks
    assert Delivery.objects.get() == test.delivery


def test_a_validation_that_may_not_be_called_says_so(analytics, receiver, by, settings):
    settings.EGRESS_ALLOW = []

    [remark] = replay.send_test(analytics, by=by).remarks

    assert "EGRESS_ALLOW" in remark
    assert receiver.requests() == []

"""Claims and leases: which deliveries a courier gets, and how they become free again."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.factories import AccountFactory, DeliveryFactory, EventFactory, WebhookFactory
from tests.webhooks.delivery.conftest import locked_elsewhere, outcome
from webhooks.delivery import claim
from webhooks.models import Delivery, Webhook
from webhooks.subscriptions import services

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def now():
    return timezone.now()


def leased_to(delivery: Delivery) -> object:
    delivery.refresh_from_db()
    return delivery.lease_token


def killed_courier(*, until) -> dict[str, object]:
    """Return the fields of a lease whose courier was killed, and was never counted among those running."""
    return {"lease_token": uuid4(), "leased_until": until}


def test_what_is_due_the_longest_is_claimed_first_and_no_more_than_wanted(now):
    webhook = WebhookFactory.create()
    late, later, latest = [
        DeliveryFactory.create(webhook=webhook, next_attempt_at=now - seconds * timedelta(seconds=1))
        for seconds in (3, 2, 1)
    ]
    token, until = uuid4(), now + MINUTE

    jobs = claim.claim({webhook.pk: 2}, token=token, now=now, until=until)

    assert {job.delivery_id for job in jobs} == {late.pk, later.pk}
    assert [leased_to(delivery) for delivery in (late, later, latest)] == [token, token, None]
    assert {(job.webhook_id, job.failures, job.trigger, job.leased_until) for job in jobs} == {
        (webhook.pk, 0, "automatic", until)
    }


def test_each_webhook_gets_its_own_number(now):
    first, second = WebhookFactory.create(), WebhookFactory.create()
    for webhook in (first, second):
        DeliveryFactory.create_batch(3, webhook=webhook, next_attempt_at=now)

    jobs = claim.claim({first.pk: 1, second.pk: 2}, token=uuid4(), now=now, until=now + MINUTE)

    assert sorted(job.webhook_id for job in jobs) == [first.pk, second.pk, second.pk]


@pytest.mark.parametrize(
    "fields",
    [
        {"next_attempt_at": timezone.now() + timedelta(hours=1)},
        {"state": "delivered"},
        {"leased": True},
    ],
    ids=["not due yet", "settled", "held by another courier"],
)
def test_what_is_not_free_and_due_is_not_claimed(now, fields):
    delivery = DeliveryFactory.create(**fields)

    assert (
        claim.claim({delivery.webhook_id: 8}, token=uuid4(), now=now + timedelta(seconds=1), until=now + MINUTE) == []
    )


def test_what_another_courier_held_is_claimed_once_its_lease_has_ended(now):
    delivery = DeliveryFactory.create(**killed_courier(until=now + MINUTE))
    token = uuid4()

    assert claim.claim({delivery.webhook_id: 1}, token=token, now=now, until=now + 2 * MINUTE) == []
    (job,) = claim.claim({delivery.webhook_id: 1}, token=token, now=now + MINUTE, until=now + 2 * MINUTE)

    assert (job.delivery_id, leased_to(delivery)) == (delivery.pk, token)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_what_another_courier_claims_at_this_moment_is_passed_over(now):
    webhook = WebhookFactory.create()
    locked, free = DeliveryFactory.create_batch(2, webhook=webhook, next_attempt_at=now)

    with locked_elsewhere(locked):
        jobs = claim.claim({webhook.pk: 2}, token=uuid4(), now=now, until=now + MINUTE)

    assert [job.delivery_id for job in jobs] == [free.pk]


def test_a_released_delivery_is_due_again_unless_another_courier_took_it(now):
    own, other = uuid4(), uuid4()
    mine = DeliveryFactory.create(lease_token=own, leased_until=now + MINUTE)
    taken = DeliveryFactory.create(lease_token=other, leased_until=now + MINUTE)

    assert claim.release([mine.pk, taken.pk], token=own) == 1

    assert (leased_to(mine), leased_to(taken)) == (None, other)
    assert mine in Delivery.objects.due(timezone.now())


def test_a_claim_whose_answer_was_lost_is_undone(now):
    token = uuid4()
    lease = {"webhook": WebhookFactory.create(), "lease_token": token, "leased_until": now + MINUTE}
    held, lost = DeliveryFactory.create(**lease), DeliveryFactory.create(**lease)

    assert claim.release_all_but({held.pk}, token=token) == 1

    assert (leased_to(held), leased_to(lost)) == (token, None)


def test_all_that_dead_couriers_held_is_released(now):
    dead, alive = [uuid4(), uuid4()], uuid4()
    deliveries = [DeliveryFactory.create(lease_token=token, leased_until=now + MINUTE) for token in (*dead, alive)]

    assert claim.release_all_of(dead) == 2

    assert [leased_to(delivery) for delivery in deliveries] == [None, None, alive]


def test_webhooks_with_pending_deliveries_are_found_by_id_from_where_the_last_look_ended(now, monkeypatch):
    monkeypatch.setattr(claim, "MAX_WEBHOOKS_PER_LOOK", 2)
    webhooks = [DeliveryFactory.create(next_attempt_at=now).webhook for _ in range(3)]
    DeliveryFactory.create(state="delivered")
    ids = [webhook.pk for webhook in webhooks]

    first = claim.pending_webhooks(after=0)
    second = claim.pending_webhooks(after=first[-1].webhook_id)

    assert [[found.webhook_id for found in look] for look in (first, second)] == [ids[:2], ids[2:]]
    assert (first[0].account_id, first[0].revision, first[0].due_at) == (webhooks[0].account_id, 1, now)


def test_some_webhooks_are_found_alone_if_they_have_pending_deliveries(now):
    wanted, _other = (DeliveryFactory.create(next_attempt_at=now).webhook for _ in range(2))
    done = DeliveryFactory.create(state="delivered").webhook

    found = claim.pending_among({wanted.pk, done.pk})

    assert found == [each for each in claim.pending_webhooks(after=0) if each.webhook_id == wanted.pk]
    assert len(found) == 1
    assert claim.pending_among(set()) == []


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, (True, True, False, True)),
        ({"deleted_at": timezone.now()}, (False, True, False, True)),
        ({"disabled": True}, (True, False, False, True)),
        ({"rests": 1, "failures": 5, "failing_since": timezone.now()}, (True, True, True, False)),
        ({"failed_attempts": 1, "failing_since": timezone.now()}, (True, True, False, False)),
    ],
    ids=["healthy", "deleted", "disabled", "rested", "failing"],
)
def test_a_pending_webhook_says_whether_it_may_be_sent_to(fields, found):
    DeliveryFactory.create(webhook=WebhookFactory.create(**fields))

    (webhook,) = claim.pending_webhooks(after=0)

    assert (webhook.alive, webhook.enabled, webhook.needs_probe, webhook.healthy) == found


def test_one_courier_probes_a_webhook_whose_rest_is_over(now):
    webhook = WebhookFactory.create(rests=1, resting_until=now)
    until = now + MINUTE

    assert [claim.begin_probe(webhook.pk, now=now, until=until) for _ in range(2)] == [True, False]

    webhook.refresh_from_db()
    assert webhook.resting_until == until


@pytest.mark.parametrize(
    ("fields", "states"),
    [
        ({"disabled": True}, {"automatic": "skipped", "test": "pending"}),
        ({"deleted_at": timezone.now()}, {"automatic": "cancelled", "test": "cancelled"}),
    ],
    ids=["disabled", "deleted"],
)
def test_what_waits_for_a_webhook_that_gets_nothing_any_more_is_settled_unsent(now, fields, states):
    webhook = WebhookFactory.create(**fields)
    deliveries = {trigger: DeliveryFactory.create(webhook=webhook, trigger=trigger) for trigger in states}
    held = DeliveryFactory.create(webhook=webhook, leased=True)
    (found,) = claim.pending_webhooks(after=0)

    claim.settle_undeliverable(found, now=now)

    assert {trigger: outcome(delivery)[0] for trigger, delivery in deliveries.items()} == states
    assert outcome(held)[0] == "pending"


@pytest.mark.parametrize("trigger", ["automatic", "manual", "replay", "test"])
def test_what_a_killed_courier_held_of_a_deleted_webhook_is_cancelled_once_its_lease_has_ended(run, by, now, trigger):
    delivery = DeliveryFactory.create(trigger=trigger, **killed_courier(until=now + MINUTE))
    services.delete_webhook(delivery.webhook, by=by)
    run()
    assert outcome(delivery)[0] == "pending"
    Delivery.objects.update(leased_until=now)

    run()

    assert (outcome(delivery), delivery.lease_token) == (("cancelled", 0, ""), None)
    assert not claim.anything_due()


def test_a_test_recorded_while_its_webhook_is_deleted_is_cancelled(run):
    delivery = DeliveryFactory.create(trigger="test", webhook=WebhookFactory.create(deleted_at=timezone.now()))

    run()

    assert outcome(delivery)[0] == "cancelled"
    assert not claim.anything_due()


def test_a_test_that_a_killed_courier_held_of_a_disabled_webhook_is_still_sent(receiver, run, now):
    webhook = WebhookFactory.create(url=receiver.url("/in"), disabled=True)
    delivery = DeliveryFactory.create(webhook=webhook, trigger="test", **killed_courier(until=now))

    run()

    assert outcome(delivery) == ("delivered", 1, "")


def test_a_courier_is_needed_for_a_new_event_and_for_what_is_due_and_for_nothing_else(now):
    assert not claim.anything_due()

    DeliveryFactory.create(next_attempt_at=now + MINUTE)
    DeliveryFactory.create(state="failed")
    assert not claim.anything_due()

    event = EventFactory.create(account=AccountFactory.create(), fanned_out_at=None)
    assert claim.anything_due()

    event.delete()
    DeliveryFactory.create(next_attempt_at=now - MINUTE)
    assert claim.anything_due()
    Webhook.objects.all().delete()
    assert not claim.anything_due()

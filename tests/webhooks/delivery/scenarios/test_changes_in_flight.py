"""What becomes of a request in flight when the world changes before its answer."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from tests.audit import acts_by
from tests.factories import DeliveryFactory
from tests.receiver import Received
from tests.webhooks.delivery.conftest import attempt_of, meanwhile, outcome, wait_for_a_fetch
from webhooks.delivery import claim, replay, retention
from webhooks.errors import Conflict
from webhooks.filters import DeliveryFilter
from webhooks.models import Attempt, Delivery, Event, Secret, Webhook
from webhooks.models.event import first_id_at
from webhooks.subscriptions import services
from webhooks.subscriptions.spec import WebhookSpec

pytestmark = pytest.mark.django_db(transaction=True)

LATER = timedelta(minutes=5)


def signed_with(request: Received, secret: Secret) -> bool:
    try:
        Verifier(secret.reveal()).verify(request.body, dict(request.headers))
    except WebhookVerificationError:
        return False
    return True


def refused(act, *arguments, **named) -> str:
    """Do what must be refused, and return the conflict's code."""
    with pytest.raises(Conflict) as conflict:
        act(*arguments, **named)
    return conflict.value.code


def make_due(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk, state="pending").update(next_attempt_at=timezone.now())


def test_a_lease_that_another_courier_took_settles_nothing_and_keeps_the_attempt(receiver, run, due):
    other, held = uuid4(), []

    def take_over() -> None:
        now = Delivery.objects.get().leased_until
        assert now is not None
        held.extend(claim.claim({delivery.webhook_id: 8}, token=other, now=now, until=now + LATER))

    delivery = due(receiver.answering(meanwhile(take_over)))

    report = run()

    assert [job.delivery_id for job in held] == [delivery.pk]
    assert (report.sent, report.settled) == (1, 0)
    assert outcome(delivery) == ("pending", 0, "")
    assert (delivery.lease_token, attempt_of(delivery).status_code) == (other, 200)


def test_what_comes_back_after_the_lease_was_lost_does_not_undo_what_another_settled(receiver, run, due):
    def settle_elsewhere() -> None:
        Delivery.objects.update(
            state="delivered", next_attempt_at=None, settled_at=timezone.now(), lease_token=None, leased_until=None
        )

    delivery = due(receiver.answering(meanwhile(settle_elsewhere, then=410)))

    run()

    assert outcome(delivery) == ("delivered", 0, "")
    assert attempt_of(delivery).status_code == 410


def test_a_lease_that_ran_out_and_that_nobody_took_is_settled(receiver, run, due):
    def run_out() -> None:
        now = timezone.now()
        Delivery.objects.update(leased_until=now - LATER, next_attempt_at=now + LATER)

    delivery = due(receiver.answering(meanwhile(run_out)))

    run()

    assert outcome(delivery) == ("delivered", 1, "")


def test_an_edit_leaves_what_is_in_flight_to_its_answer_and_the_next_attempt_follows_it(receiver, run_on, due, by):
    new = receiver.url("/new")

    def edit() -> None:
        webhook = Webhook.objects.get()
        spec = WebhookSpec.of(webhook)
        services.edit_webhook(webhook, spec=replace(spec, settings={**spec.settings, "url": new}), by=by)

    old = receiver.answering(meanwhile(edit, then=500))
    delivery = due(old)

    run_on()

    assert (len(receiver.requests(old)), len(receiver.requests(new))) == (1, 1)
    assert outcome(delivery) == ("delivered", 2, "")
    assert list(delivery.attempts.order_by("id").values_list("url", "status_code")) == [(old, 500), (new, 200)]


@pytest.mark.parametrize(
    ("act", "withdrawn"), [(services.disable_webhook, "skipped"), (services.delete_webhook, "cancelled")]
)
@pytest.mark.parametrize(("answer", "settled"), [(200, "delivered"), (410, "failed"), (500, None)])
def test_a_webhook_switched_off_settles_what_is_in_flight_and_gets_nothing_new(
    receiver, run, due, by, act, withdrawn, answer, settled
):
    def switch_off() -> None:
        act(Webhook.objects.get(), by=by)
        wait_for_a_fetch()

    url = receiver.answering(meanwhile(switch_off, then=answer))
    delivery = due(url)
    waiting = DeliveryFactory.create(webhook=delivery.webhook, next_attempt_at=timezone.now() + LATER)

    run()
    if settled is None:  # its next attempt is due only later
        make_due(delivery)
        run()

    assert (outcome(delivery)[0], outcome(waiting)[0]) == (settled or withdrawn, withdrawn)
    assert (attempt_of(delivery).status_code, len(receiver.requests(url))) == (answer, 1)
    assert "Porte-voix" not in dict(acts_by(delivery.webhook)).values()


def test_an_event_purged_in_flight_takes_its_delivery_along_and_harms_no_other(receiver, run, due, settings, caplog):
    settings.EVENT_RETENTION_DAYS = 100
    old = UUID(int=first_id_at(timezone.now() - timedelta(days=101)).int + 1)
    purging = meanwhile(retention.purge, then=500)
    url = receiver.answering(lambda request: purging(request) if request.header("webhook-id") == old.hex else 200)
    purged = due(url, event__pk=old)
    others = [due(receiver.url("/other")), DeliveryFactory.create(webhook=purged.webhook)]

    run()

    assert not Event.objects.filter(pk=old).exists()
    assert not Delivery.objects.filter(pk=purged.pk).exists()
    assert [outcome(other)[0] for other in others] == ["delivered", "delivered"]
    assert Attempt.objects.count() == 2
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("model", [Delivery, Webhook])
def test_rows_deleted_in_flight_crash_nothing(receiver, run, due, caplog, model):
    def delete() -> None:
        model.objects.filter(pk=(deleted if model is Delivery else deleted.webhook).pk).delete()

    deleted = due(receiver.answering(meanwhile(delete, then=410)))
    other = due(receiver.url("/other"))

    report = run()

    assert (report.sent, report.settled) == (2, 1)
    assert list(Delivery.objects.all()) == [other]
    assert outcome(other)[0] == "delivered"
    assert Attempt.objects.get().delivery == other
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_secret_rotated_in_flight_signs_from_the_next_attempt_on(receiver, run_on, due, by):
    def rotate() -> None:
        services.rotate_secret(Webhook.objects.get(), by=by, overlap_hours=0)

    delivery = due(receiver.answering(meanwhile(rotate, then=500), 200))
    old = delivery.webhook.secrets.get()

    run_on()

    new = delivery.webhook.secrets.get(valid_until__isnull=True)
    first, second = receiver.requests()
    assert [signed_with(first, old), signed_with(first, new)] == [True, False]
    assert [signed_with(second, old), signed_with(second, new)] == [False, True]


def test_a_person_is_told_that_a_delivery_is_being_sent_and_it_is_left_alone(receiver, run, due, by):
    said: list[str | int] = []

    def meddle() -> None:
        held = Delivery.objects.get()
        said.append(refused(replay.redeliver, held, by=by))
        said.append(refused(replay.cancel, held, by=by))
        said.append(replay.cancel_all(held.webhook, by=by))
        said.append(replay.replay(held.webhook, DeliveryFilter(states=Delivery.SETTLED), by=by))

    delivery = due(receiver.answering(meanwhile(meddle)))

    run()

    assert said == ["leased", "not_pending", 0, 0]
    assert outcome(delivery) == ("delivered", 1, "")
    assert delivery.trigger == "automatic"
    assert len(receiver.requests()) == 1


def test_what_a_person_sends_again_after_its_lease_ran_out_is_not_settled_by_the_old_answer(receiver, run, due, by):
    other = uuid4()

    def send_again() -> None:
        now = timezone.now()
        Delivery.objects.update(leased_until=now)
        with transaction.atomic():
            replay.redeliver(Delivery.objects.get(), by=by)
            claim.claim({delivery.webhook_id: 1}, token=other, now=now, until=now + LATER)

    delivery = due(receiver.answering(meanwhile(send_again, then=500)), failures=3)

    run()

    assert outcome(delivery) == ("pending", 0, "")
    assert (delivery.lease_token, delivery.trigger, delivery.failures) == (other, "manual", 0)
    assert attempt_of(delivery).trigger == "automatic"

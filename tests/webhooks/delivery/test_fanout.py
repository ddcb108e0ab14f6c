"""Fan-out: one delivery for each webhook that asks for the event, once."""

import pytest
from django.utils import timezone

from tests.factories import AccountFactory, EventFactory, WebhookFactory
from tests.webhooks.delivery.conftest import locked_elsewhere
from webhooks.delivery import fanout
from webhooks.models import Delivery, Event

pytestmark = pytest.mark.django_db


def fan_out() -> int:
    return fanout.fan_out(timezone.now()).events


def deliveries() -> set[tuple[object, int, str]]:
    return set(Delivery.objects.values_list("event_id", "webhook_id", "state"))


def test_an_event_goes_to_the_webhooks_of_its_account_that_ask_for_its_type(account):
    asked = [WebhookFactory.create(account=account), WebhookFactory.create(account=account)]
    WebhookFactory.create(account=account, event_types=["dataset.created"])
    WebhookFactory.create()
    event = EventFactory.create(account=account, fanned_out_at=None)

    assert fan_out() == 1

    assert deliveries() == {(event.id, webhook.pk, "pending") for webhook in asked}


def test_a_webhook_restricted_to_resources_gets_only_theirs(account):
    webhook = WebhookFactory.create(account=account, resources=["dataset:cities"])
    cities = EventFactory.create(account=account, resource_id="cities", fanned_out_at=None)
    EventFactory.create(account=account, resource_id="rivers", fanned_out_at=None)

    fan_out()

    assert deliveries() == {(cities.id, webhook.pk, "pending")}


def test_a_disabled_webhook_gets_a_skipped_delivery_and_a_deleted_one_none(account):
    disabled = WebhookFactory.create(account=account, disabled=True)
    WebhookFactory.create(account=account, deleted_at=timezone.now())
    event = EventFactory.create(account=account, fanned_out_at=None)

    fan_out()

    assert deliveries() == {(event.id, disabled.pk, "skipped")}


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_an_event_that_another_courier_fans_out_at_this_moment_is_passed_over(account):
    webhook = WebhookFactory.create(account=account)
    locked, free = EventFactory.create_batch(2, account=account, fanned_out_at=None)

    with locked_elsewhere(locked):
        assert fan_out() == 1

    assert deliveries() == {(free.id, webhook.pk, "pending")}


def test_an_event_is_fanned_out_once(account):
    WebhookFactory.create(account=account)
    EventFactory.create(account=account, fanned_out_at=None)

    assert [fan_out(), fan_out()] == [1, 0]
    assert Delivery.objects.count() == 1


def test_an_event_that_nobody_asks_for_is_done_and_kept(account):
    EventFactory.create(account=account, fanned_out_at=None)

    assert [fan_out(), fan_out()] == [1, 0]
    assert Event.objects.count() == 1


def test_an_account_with_many_events_does_not_hold_up_another(account, monkeypatch):
    monkeypatch.setattr(fanout, "MAX_EVENTS", 10)
    EventFactory.create_batch(30, account=account, fanned_out_at=None)
    other = EventFactory.create(account=AccountFactory.create(), fanned_out_at=None)

    fan_out()

    other.refresh_from_db()
    assert other.fanned_out_at is not None


def test_what_does_not_fit_in_one_transaction_waits_for_the_next(account, monkeypatch):
    monkeypatch.setattr(fanout, "MAX_DELIVERIES", 5)
    WebhookFactory.create_batch(4, account=account)
    EventFactory.create_batch(3, account=account, fanned_out_at=None)

    assert [fan_out(), fan_out(), fan_out(), fan_out()] == [1, 1, 1, 0]
    assert Delivery.objects.count() == 12

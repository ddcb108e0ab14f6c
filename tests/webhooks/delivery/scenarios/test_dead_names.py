"""Names that no server answers for hold up nobody, and an innocent webhook is not blamed for them."""

import threading
from collections import Counter

import pytest

from tests.factories import AccountFactory, DeliveryFactory, WebhookFactory
from tests.name_server import SERVFAIL, addresses, failing, silent
from webhooks.egress import current_name_servers, known_names, resolver
from webhooks.models import Attempt, Delivery, Webhook

DEAD, HEALTHY = 300, 20


def to(name, receiver, account, *, deliveries=1):
    webhook = WebhookFactory.create(account=account, url=f"http://{name}:{receiver.port}/{name}")
    return DeliveryFactory.create_batch(deliveries, webhook=webhook)


@pytest.mark.parametrize("is_their_own", [True, False])
def test_three_hundred_dead_names_keep_none_of_twenty_deliveries(
    account, receiver, run, settings, monkeypatch, name_server, is_their_own
):
    """The healthy webhooks belong to another account, or to the one with the dead names."""
    settings.WEBHOOK_TIMEOUT_S = 3
    monkeypatch.setattr(resolver, "HOLD_S", 0.2)
    settings.WEBHOOK_RETRY_SCHEDULE_S = [3600]
    name_server.say_of_others(silent)
    for n in range(DEAD):
        to(f"dead{n}.example", receiver, account)
    other = account if is_their_own else AccountFactory.create()
    for n in range(HEALTHY):
        name_server.say(f"ok{n}.example", addresses("127.0.0.1"))
        to(f"ok{n}.example", receiver, other)

    run()

    assert len(receiver.requests()) == HEALTHY
    healthy = Delivery.objects.filter(state="delivered", attempt_count=1, failures=0)
    assert healthy.count() == HEALTHY
    assert not Webhook.objects.filter(pk__in=healthy.values("webhook")).exclude(failures=0, resting_until=None).exists()
    assert Counter(Attempt.objects.values_list("error", flat=True)) == {"": HEALTHY, "dns": DEAD}


def test_a_webhook_whose_look_up_has_to_wait_is_not_blamed(account, receiver, run, settings, name_server, monkeypatch):
    """With one place for all of them, every one but the first waits longer than a look-up may take."""
    settings.WEBHOOK_RETRY_SCHEDULE_S = [3600]
    monkeypatch.setattr(resolver, "MAX_LOOKUPS_PER_OWNER", 1)
    for n in range(6):
        name_server.say(f"dead{n}.example", silent)
        to(f"dead{n}.example", receiver, account, deliveries=2)
    name_server.say("ok.example", addresses("127.0.0.1"))
    to("ok.example", receiver, account, deliveries=2)

    run()

    assert [got.path for got in receiver.requests()] == ["/ok.example"] * 2
    assert Delivery.objects.filter(state="delivered", attempt_count=1).count() == 2
    assert set(Attempt.objects.exclude(error="").values_list("error", flat=True)) == {"dns"}


def test_a_name_that_was_good_is_served_while_dns_is_away(account, receiver, run, name_server):
    name_server.say("hook.example", addresses("127.0.0.1"))
    to("hook.example", receiver, account)
    run()
    for reply in (silent, failing(SERVFAIL)):
        known = known_names(current_name_servers()).get("hook.example")
        assert known is not None
        known.fresh_until_s = 0.0  # a minute has passed
        name_server.say("hook.example", reply)
        to("hook.example", receiver, account)
        run()

    assert len(receiver.requests()) == 3
    assert Delivery.objects.filter(state="delivered", attempt_count=1).count() == 3


def test_a_name_that_a_webhook_no_longer_wants_is_not_waited_for(account, receiver, run, name_server, shutdown):
    """The courier ends at once when it is told to: what waited for a name is given back without an attempt."""
    asked = threading.Event()

    def tell(_question):
        asked.set()
        shutdown.set(grace_s=0.0)

    name_server.say("dead.example", tell)
    [delivery] = to("dead.example", receiver, account)

    run()

    delivery.refresh_from_db()
    assert asked.is_set()
    assert (delivery.state, delivery.attempt_count, delivery.leased_until) == ("pending", 0, None)

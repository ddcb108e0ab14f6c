"""Several couriers at once: nothing is sent twice, limits hold for all of them together, dead ones are noticed."""

import threading
import time
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import AccountFactory, DeliveryFactory, WebhookFactory
from tests.receiver import Answer
from tests.webhooks.delivery.conftest import outcome
from webhooks.delivery import heartbeat
from webhooks.delivery.heartbeat import DEAD_AFTER, Heartbeat, share
from webhooks.delivery.shutdown import ShutdownFlag
from webhooks.delivery.worker import Worker
from webhooks.models import Courier, Delivery


@given(limit=st.integers(0, 40), couriers=st.integers(1, 50), key=st.integers(0, 1000))
def test_shares_add_up_to_the_limit_and_differ_by_one_at_most(limit, couriers, key):
    shares = [share(limit, couriers=couriers, rank=rank, key=key) for rank in range(couriers)]

    assert sum(shares) == limit
    assert max(shares) - min(shares) <= 1


@given(limit=st.integers(0, 40), couriers=st.integers(1, 50), rank=st.integers(0, 49))
def test_every_courier_has_as_much_of_all_things_together_as_any_other(limit, couriers, rank):
    assert sum(share(limit, couriers=couriers, rank=rank % couriers, key=key) for key in range(couriers)) == limit


@pytest.mark.django_db(transaction=True)
def test_two_couriers_share_the_work_and_the_limits(receiver, monkeypatch):
    """On a busy machine, too, none is to start alone, nor to be taken for dead."""
    monkeypatch.setattr(heartbeat, "MAX_WAIT", timedelta(minutes=10))
    monkeypatch.setattr(heartbeat, "DEAD_AFTER", timedelta(minutes=10))
    account = AccountFactory.create()
    flying: Counter[str] = Counter()
    most: Counter[str] = Counter()
    lock = threading.Lock()

    def count(request):
        with lock:
            flying[request.path] += 1
            most[request.path] = max(most[request.path], flying[request.path])
        receiver._released.wait(0.01)
        with lock:
            flying[request.path] -= 1
        return Answer()

    receiver.answer(count)
    for n in range(3):
        webhook = WebhookFactory.create(account=account, url=receiver.url(f"/{n}"))
        DeliveryFactory.create_batch(100, webhook=webhook)

    def work() -> None:
        worker = Worker(linger_s=0.1, shutdown=ShutdownFlag())
        try:
            worker.work(until=time.monotonic() + 600)
        finally:
            worker.close()
            connection.close()

    couriers = [threading.Thread(target=work) for _ in range(2)]
    for courier in couriers:
        courier.start()
    for courier in couriers:
        courier.join(600)

    ids = Counter((request.path, request.header("webhook-id")) for request in receiver.requests())
    assert (len(ids), set(ids.values())) == (300, {1})
    assert Delivery.objects.filter(state="delivered", attempt_count=1).count() == 300
    assert max(most.values()) <= 8


@pytest.mark.django_db
def test_the_leases_of_a_dead_courier_end_as_soon_as_it_has_given_no_sign_of_life(db):
    now = timezone.now()
    dead, alive = uuid4(), uuid4()
    Courier.objects.create(token=dead, seen_at=now - DEAD_AFTER)
    Courier.objects.create(token=alive, seen_at=now)
    later = now + timedelta(minutes=1)
    webhook = WebhookFactory.create()
    lost = DeliveryFactory.create(webhook=webhook, lease_token=dead, leased_until=later)
    held = DeliveryFactory.create(webhook=webhook, lease_token=alive, leased_until=later)

    beating = Heartbeat(uuid4(), now=now)

    for delivery in (lost, held):
        delivery.refresh_from_db()
    assert (lost.lease_token, held.lease_token, beating.couriers) == (None, alive, 2)


@pytest.mark.django_db
def test_a_new_courier_sends_once_the_others_have_noticed_it():
    now = timezone.now()
    first = Heartbeat(uuid4(), now=now)
    second = Heartbeat(uuid4(), now=now)

    assert (first.is_noticed(now), second.is_noticed(now + timedelta(seconds=0.1))) == (True, False)
    first.beat(now + timedelta(seconds=0.3))
    assert second.is_noticed(now + timedelta(seconds=0.4))
    assert first.couriers == second.couriers == 2


@pytest.mark.django_db
def test_a_new_courier_does_not_wait_long_for_one_that_gives_no_sign_of_life():
    now = timezone.now()
    Courier.objects.create(token=uuid4(), seen_at=now - timedelta(seconds=5))
    beating = Heartbeat(uuid4(), now=now)

    assert not beating.is_noticed(now + timedelta(seconds=0.9))
    assert beating.is_noticed(now + timedelta(seconds=1.1))


@pytest.mark.django_db(transaction=True)
def test_a_new_courier_runs_on_until_the_others_have_noticed_it(receiver, run, due):
    Courier.objects.create(token=uuid4(), seen_at=timezone.now())
    delivery = due(receiver.url("/"))

    run()

    assert outcome(delivery) == ("delivered", 1, "")


@pytest.mark.django_db
def test_a_courier_that_was_taken_for_dead_is_counted_again():
    now = timezone.now()
    beating = Heartbeat(uuid4(), now=now)
    Courier.objects.all().delete()

    beating.beat(now + timedelta(seconds=1))

    assert Courier.objects.get().token == beating.token

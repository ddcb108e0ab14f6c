"""Several couriers at once: nothing is sent twice, limits hold for all of them together, the dead are replaced."""

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
from webhooks.delivery.claim import release_unheld
from webhooks.delivery.heartbeat import SILENT, Crew, share
from webhooks.delivery.shutdown import Stopping
from webhooks.delivery.worker import Courier as Working
from webhooks.models import Courier, Delivery


@given(limit=st.integers(0, 40), couriers=st.integers(1, 50), key=st.integers(0, 1000))
def test_shares_add_up_to_the_limit_and_differ_by_one_at_most(limit, couriers, key):
    shares = [share(limit, couriers=couriers, rank=rank, key=key) for rank in range(couriers)]

    assert sum(shares) == limit
    assert max(shares) - min(shares) <= 1


@pytest.mark.django_db(transaction=True)
def test_two_couriers_share_the_work_and_the_limits(receiver):
    account = AccountFactory()
    flying, most = Counter(), Counter()
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
        webhook = WebhookFactory(account=account, url=receiver.url(f"/{n}"))
        DeliveryFactory.create_batch(100, webhook=webhook)

    def work() -> None:
        courier = Working(linger_s=0.1, stop=Stopping())
        try:
            courier.work(until=time.monotonic() + 60)
        finally:
            courier.close()
            connection.close()

    couriers = [threading.Thread(target=work) for _ in range(2)]
    for courier in couriers:
        courier.start()
    for courier in couriers:
        courier.join(90)

    ids = Counter((request.path, request.header("webhook-id")) for request in receiver.requests())
    assert (len(ids), set(ids.values())) == (300, {1})
    assert Delivery.objects.filter(state="delivered", attempt_count=1).count() == 300
    assert max(most.values()) <= 8


@pytest.mark.django_db
def test_what_a_dead_courier_held_is_free_as_soon_as_it_has_been_silent(db):
    now = timezone.now()
    dead, alive = uuid4(), uuid4()
    Courier.objects.create(token=dead, seen_at=now - SILENT)
    Courier.objects.create(token=alive, seen_at=now)
    later = now + timedelta(minutes=1)
    webhook = WebhookFactory()
    lost = DeliveryFactory(webhook=webhook, lease_token=dead, leased_until=later)
    held = DeliveryFactory(webhook=webhook, lease_token=alive, leased_until=later)

    crew = Crew(uuid4(), now=now)

    for delivery in (lost, held):
        delivery.refresh_from_db()
    assert (lost.lease_token, held.lease_token, crew.size) == (None, alive, 2)


@pytest.mark.django_db
def test_a_newcomer_sends_once_the_others_know_that_they_share():
    now = timezone.now()
    first = Crew(uuid4(), now=now)
    second = Crew(uuid4(), now=now)

    assert (first.may_send(now), second.may_send(now + timedelta(seconds=0.1))) == (True, False)
    first.beat(now + timedelta(seconds=0.3))
    assert second.may_send(now + timedelta(seconds=0.4))
    assert first.size == second.size == 2


@pytest.mark.django_db
def test_a_newcomer_does_not_wait_for_the_dead():
    now = timezone.now()
    Courier.objects.create(token=uuid4(), seen_at=now - timedelta(seconds=5))
    crew = Crew(uuid4(), now=now)

    assert not crew.may_send(now + timedelta(seconds=0.9))
    assert crew.may_send(now + timedelta(seconds=1.1))


@pytest.mark.django_db(transaction=True)
def test_a_newcomer_stays_until_the_others_have_noticed_it(receiver, run, due):
    Courier.objects.create(token=uuid4(), seen_at=timezone.now())
    delivery = due(receiver.url("/"))

    run()

    assert outcome(delivery) == ("delivered", 1, "")


@pytest.mark.django_db
def test_a_courier_that_was_taken_for_dead_joins_again():
    now = timezone.now()
    crew = Crew(uuid4(), now=now)
    Courier.objects.all().delete()

    crew.beat(now + timedelta(seconds=1))

    assert Courier.objects.get().token == crew.token


@pytest.mark.django_db
def test_a_claim_whose_answer_was_lost_is_undone():
    token = uuid4()
    webhook = WebhookFactory()
    lease = {"webhook": webhook, "lease_token": token, "leased_until": timezone.now() + timedelta(minutes=1)}
    held, lost = DeliveryFactory(**lease), DeliveryFactory(**lease)

    assert release_unheld({held.pk}, token=token) == 1

    for delivery in (held, lost):
        delivery.refresh_from_db()
    assert (held.lease_token, lost.lease_token) == (token, None)

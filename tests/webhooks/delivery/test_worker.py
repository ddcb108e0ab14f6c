"""The courier: what is due is sent, judged and settled."""

import itertools
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from standardwebhooks import Webhook as Verifier

from tests.audit import acts_on
from tests.factories import DeliveryFactory, EventFactory, WebhookFactory
from tests.polling import eventually
from tests.receiver import Answer, endless, hang, raw, reset
from tests.webhooks.delivery.conftest import PATIENT_S, attempt_of, meanwhile, outcome, waits_s
from webhooks import wakeup
from webhooks.delivery import replay
from webhooks.delivery import run as run_courier
from webhooks.delivery.queue import MAX_IN_FLIGHT_PER_WEBHOOK
from webhooks.delivery.retry import JITTER
from webhooks.models import Attempt, Courier, Delivery
from webhooks.subscriptions import services
from webhooks.subscriptions.spec import WebhookSpec


def test_a_new_event_reaches_its_webhook_signed(account, receiver, run):
    webhook = WebhookFactory.create(account=account, url=receiver.url("/in"), format="standard")
    event = EventFactory.create(account=account, fanned_out_at=None, data={"id": "cities"})

    run()

    (got,) = receiver.requests("/in")
    verified = Verifier(webhook.secrets.get().reveal()).verify(got.body, dict(got.headers))
    assert (verified["type"], got.header("webhook-id")) == ("dataset.finalized", event.pk.hex)
    assert outcome(Delivery.objects.get()) == ("delivered", 1, "")


def test_an_attempt_keeps_what_was_sent_and_what_came_back_without_secrets(account, receiver, run, due):
    receiver.answer(Answer(status=201, headers=(("X-Seen", "yes"),), body="reçu\0".encode()))
    url = receiver.url("/in")
    webhook = WebhookFactory.create(
        account=account, url=f"{url}?token=s3cret", headers=[("Authorization", "Bearer s3cret")]
    )
    delivery = due(webhook=webhook)

    run()

    attempt = attempt_of(delivery)
    assert (attempt.status_code, attempt.error, attempt.trigger) == (201, "", "automatic")
    assert ["X-Seen", "yes"] in attempt.response_headers
    assert attempt.response_body == "reçu\ufffd"
    assert "s3cret" not in attempt.url + json.dumps(attempt.request_headers)


@pytest.mark.parametrize(
    ("answer", "error"),
    [(500, "status"), (404, "status"), (301, "redirect"), (reset(), "connect")],
)
def test_a_failure_is_tried_again_in_about_five_seconds(receiver, run, due, answer, error):
    delivery = due(receiver.answering(answer))

    run()

    assert outcome(delivery) == ("pending", 1, error)
    assert 5 * (1 - JITTER) <= waits_s(delivery) <= 5 * (1 + JITTER)


@pytest.mark.usefixtures("hasty")
def test_a_receiver_that_hangs_is_tried_again(receiver, run, due):
    delivery = due(receiver.answering(hang()))

    run()

    assert outcome(delivery) == ("pending", 1, "timeout")


def test_a_receiver_that_is_down_is_tried_again(receiver, run, due):
    delivery = due(receiver.url("/gone"))
    receiver.close()

    run()

    assert outcome(delivery) == ("pending", 1, "connect")


def test_a_redirect_is_not_followed_and_shows_where_it_pointed(receiver, run, due):
    other = receiver.answering(200)
    delivery = due(receiver.answering(Answer(status=302, headers=(("Location", other),))))

    run()

    assert outcome(delivery) == ("pending", 1, "redirect")
    assert other in attempt_of(delivery).reason
    assert receiver.requests(other) == []


def test_a_body_without_end_is_judged_by_its_status_and_cut(receiver, run, due):
    delivery = due(receiver.answering(endless()))

    run()

    attempt = attempt_of(delivery)
    assert outcome(delivery)[0] == "delivered"
    assert (len(attempt.response_body), attempt.truncated) == (16384, True)


def test_an_address_that_is_not_allowed_is_not_called(receiver, run, due, settings):
    settings.EGRESS_ALLOW = []
    delivery = due(receiver.url("/in"))

    run()

    assert outcome(delivery) == ("pending", 1, "blocked")
    assert receiver.connections == 0
    assert "EGRESS_ALLOW" in attempt_of(delivery).reason


def test_the_last_attempt_of_the_schedule_fails_the_delivery(receiver, run, due, settings):
    settings.WEBHOOK_RETRY_SCHEDULE_S = [1, 1]
    delivery = due(receiver.answering(500), failures=2, attempt_count=2)

    run()

    assert outcome(delivery) == ("failed", 3, "status")


@pytest.mark.parametrize(
    ("retry_after", "wait_s"),
    [
        ("120", 120),
        ("0.5", 5),
        ("600.5", 600.5),
        ("99999999", 86400),
        ("-5", 5),
        ("NaN", 5),
        ("inf", 5),
        ("soon", 5),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 5),
        ("", 5),
    ],
)
def test_retry_after_is_obeyed_when_it_is_later_than_the_schedule(receiver, run, due, retry_after, wait_s):
    delivery = due(receiver.answering(Answer(status=503, headers=(("Retry-After", retry_after),))))

    run()

    assert outcome(delivery) == ("pending", 1, "status")
    assert wait_s * (1 - JITTER) <= waits_s(delivery) <= wait_s * (1 + JITTER)


def test_410_fails_the_delivery_and_disables_the_webhook(receiver, run, due):
    delivery = due(receiver.answering(410))
    waiting = due(webhook=delivery.webhook, next_attempt_at=timezone.now() + timedelta(hours=1))

    run()

    delivery.webhook.refresh_from_db()
    assert (delivery.webhook.state, delivery.webhook.disabled_reason) == ("disabled", "gone")
    assert (outcome(delivery)[0], outcome(waiting)[0]) == ("failed", "skipped")
    assert acts_on(delivery.webhook) == ["disabled"]


def test_five_timeouts_rest_the_webhook_and_the_others_keep_their_attempts(receiver, run, due, settings):
    settings.WEBHOOK_TIMEOUT_S = 0.1
    url = receiver.answering(hang())
    first = due(url)
    others = [due(webhook=first.webhook) for _ in range(9)]

    run()

    first.webhook.refresh_from_db()
    tried = Attempt.objects.count()
    assert first.webhook.state == "resting"
    assert 5 <= tried < 10
    assert Delivery.objects.filter(state="pending", attempt_count=0).count() == len([first, *others]) - tried


def test_after_a_rest_one_probe_decides(receiver, run, due, settings):
    settings.WEBHOOK_TIMEOUT_S = 0.3
    url = receiver.answering(hang(), 200)
    rested = {"rests": 2, "failures": 6, "failing_since": timezone.now(), "resting_until": timezone.now()}
    first = due(webhook=WebhookFactory.create(url=url, **rested))
    second = due(webhook=first.webhook)

    run()

    first.webhook.refresh_from_db()
    assert (len(receiver.requests(url)), first.webhook.state, first.webhook.rests) == (1, "resting", 3)

    first.webhook.resting_until = timezone.now()
    first.webhook.save()
    settings.WEBHOOK_TIMEOUT_S = PATIENT_S
    run()

    first.webhook.refresh_from_db()
    assert (first.webhook.state, first.webhook.rests, first.webhook.failing_since) == ("active", 0, None)
    assert "delivered" in {outcome(first)[0], outcome(second)[0]}


def test_a_429_with_retry_after_pauses_the_whole_webhook(receiver, run, due):
    url = receiver.answering(Answer(status=429, headers=(("Retry-After", "60"),)))
    first = due(url)
    run()
    later = due(webhook=first.webhook)

    run()

    assert (outcome(first)[1], outcome(later)[1]) == (1, 0)
    assert len(receiver.requests(url)) == 1


def test_what_was_claimed_ahead_waits_too_when_a_receiver_asks_for_a_pause(receiver, run, due):
    welcome, pause = 12, Answer(status=429, headers=(("Retry-After", "60"),))
    receiver.answer(lambda _request: 200 if len(receiver.requests()) <= welcome else pause)
    webhook = due(receiver.url("/in")).webhook
    DeliveryFactory.create_batch(99, webhook=webhook)

    run()

    assert len(receiver.requests()) <= welcome + MAX_IN_FLIGHT_PER_WEBHOOK
    assert (
        webhook.deliveries.filter(attempt_count=0, lease_token=None).count() >= 99 - welcome - MAX_IN_FLIGHT_PER_WEBHOOK
    )


def test_at_most_eight_requests_are_in_flight_to_one_webhook(receiver, run, due):
    """After some answers it is trusted with eight: each of the others is answered when eight are there."""
    arrived, welcome, flying, most = itertools.count(), 28, [], []
    all_eight = threading.Barrier(MAX_IN_FLIGHT_PER_WEBHOOK, timeout=PATIENT_S)

    def count(request):
        flying.append(request)
        most.append(len(flying))
        if next(arrived) >= welcome:
            all_eight.wait()
            receiver._released.wait(0.02)
        flying.pop()
        return 200

    webhook = due(receiver.answering(count)).webhook
    DeliveryFactory.create_batch(99, webhook=webhook)

    run()

    assert Delivery.objects.filter(state="delivered").count() == 100
    assert max(most) == MAX_IN_FLIGHT_PER_WEBHOOK == 8


@pytest.mark.parametrize(("others", "share"), [(0, 32), (1, 16)])
def test_at_most_32_requests_are_in_flight_to_one_host_all_couriers_together(receiver, run, due, others, share):
    """Each request is answered when as many are there as this courier may send at once."""
    for _ in range(others):
        Courier.objects.create(token=uuid4(), seen_at=timezone.now() + timedelta(hours=1))
    flying, most = [], []
    all_there = threading.Barrier(share, timeout=PATIENT_S)

    def count(request):
        flying.append(request)
        most.append(len(flying))
        all_there.wait()
        receiver._released.wait(0.02)
        flying.pop()
        return 200

    receiver.answer(count)
    for _ in range(32):
        DeliveryFactory.create_batch(2, webhook=due(receiver.url("/in")).webhook)

    run()

    assert Delivery.objects.filter(state="delivered", attempt_count=1).count() == 96
    assert max(most) == share


def test_a_disabled_webhook_gets_nothing_but_tests(account, receiver, run, due):
    webhook = WebhookFactory.create(account=account, url=receiver.url("/in"), disabled=True)
    waiting, test = due(webhook=webhook), due(webhook=webhook, trigger="test")

    run()

    assert (outcome(waiting)[0], outcome(test)[0]) == ("skipped", "delivered")
    assert len(receiver.requests()) == 1


def test_a_test_that_fails_is_not_tried_again(receiver, run, due):
    delivery = due(receiver.answering(500), trigger="test")

    run()

    assert outcome(delivery) == ("failed", 1, "status")


def test_a_deleted_webhook_gets_nothing_and_what_waits_is_cancelled(receiver, run, due):
    delivery = due(receiver.url("/in"))
    type(delivery.webhook).objects.filter(pk=delivery.webhook_id).update(deleted_at=timezone.now())

    run()

    assert (outcome(delivery)[0], receiver.requests()) == ("cancelled", [])


def test_what_waits_goes_to_the_new_address_after_an_edit(receiver, run, due, by):
    delivery = due(receiver.answering(500))
    run()
    new = receiver.url("/new")
    spec = WebhookSpec.of(delivery.webhook)
    services.edit_webhook(delivery.webhook, spec=replace(spec, settings={**spec.settings, "url": new}), by=by)
    Delivery.objects.update(next_attempt_at=timezone.now())

    run()

    assert (outcome(delivery)[0], len(receiver.requests("/new"))) == ("delivered", 1)


def test_what_a_receiver_sends_back_of_the_secrets_is_masked(account, receiver, run, due):
    def echo(got):
        told = "; ".join(f"{name}={value}" for name, value in got.headers)
        return Answer(
            status=302,
            headers=(("X-Got", got.header("X-Key")), ("Location", f"/again?{got.path}&key={got.header('X-Key')}")),
            body=f"{got.path} {told}".encode(),
        )

    receiver.answer(echo)
    url = receiver.url("/in?token=t0ken-12345")
    webhook = WebhookFactory.create(
        account=account, url=url, headers=(("X-Key", "k3y-12345"), ("Authorization", "Basic dTpwYTU1LXcwcmQ="))
    )
    delivery = due(webhook=webhook)

    run()

    (got,) = receiver.requests()
    attempt = attempt_of(delivery)
    stored = " ".join(
        map(
            str, (attempt.url, attempt.reason, attempt.request_headers, attempt.response_headers, attempt.response_body)
        )
    )
    for hidden in ("t0ken-12345", "k3y-12345", "dTpwYTU1LXcwcmQ=", "pa55-w0rd", webhook.secrets.get().reveal()):
        assert hidden not in stored
    assert got.header("webhook-signature") not in attempt.response_body
    assert "webhook-id" in attempt.response_body
    assert attempt.reason.startswith("HTTP 302 → /again?")


def test_during_a_rotation_both_secrets_sign(receiver, run, due, by):
    delivery = due(receiver.url("/in"))
    old = delivery.webhook.secrets.get().reveal()
    services.rotate_secret(delivery.webhook, by=by)
    new = delivery.webhook.secrets.get(valid_until__isnull=True).reveal()

    run()

    (got,) = receiver.requests()
    for secret in (old, new):
        assert Verifier(secret).verify(got.body, dict(got.headers))


def test_a_retry_keeps_its_id_and_is_signed_anew(receiver, run, due):
    delivery = due(receiver.answering(500, 200))
    run()
    Delivery.objects.update(next_attempt_at=timezone.now())
    run()

    first, second = receiver.requests()
    assert first.header("webhook-id") == second.header("webhook-id") == delivery.event_id.hex
    assert Verifier(delivery.webhook.secrets.get().reveal()).verify(second.body, dict(second.headers))


def test_a_webhook_whose_secrets_cannot_be_read_does_not_stop_the_others(receiver, run, due):
    broken = due(receiver.url("/broken"))
    type(broken.webhook).objects.filter(pk=broken.webhook_id).update(sealed="garbage")
    sound = due(receiver.url("/sound"))

    run()

    assert (outcome(broken), outcome(sound)) == (("pending", 1, "protocol"), ("delivered", 1, ""))


def test_a_flood_of_garbage_is_a_protocol_error(receiver, run, due):
    delivery = due(receiver.answering(raw(b"\0\1garbage\r\n\r\n")))

    run()

    assert outcome(delivery) == ("pending", 1, "protocol")


def test_a_courier_told_to_stop_sends_nothing_more(receiver, run, due, shutdown):
    shutdown.set()
    delivery = due(receiver.url("/in"))

    run()

    assert outcome(delivery) == ("pending", 0, "")
    assert delivery.lease_token is None


def test_a_courier_that_ends_is_no_longer_counted_among_those_running(receiver, run, due):
    due(receiver.url("/in"))

    run()

    assert not Courier.objects.exists()


def test_nothing_more_is_sent_to_a_receiver_that_said_it_is_gone(receiver, run, due):
    url = receiver.answering(*[200] * 20, 410)
    webhook = due(url).webhook
    DeliveryFactory.create_batch(99, webhook=webhook)

    run()

    assert len(receiver.requests(url)) <= 20 + 8
    assert Delivery.objects.filter(state="skipped").count() >= 100 - 28
    assert not Delivery.objects.filter(state="pending").exists()


def test_what_a_person_asks_for_ends_a_rest_and_goes_first(receiver, run, due, by):
    url = receiver.answering(200)
    resting = timezone.now() + timedelta(minutes=5)
    webhook = WebhookFactory.create(url=url, rests=1, failures=5, failing_since=timezone.now(), resting_until=resting)
    due(webhook=webhook, next_attempt_at=timezone.now() - timedelta(hours=1))

    test = replay.send_test(webhook, by=by)
    run()

    assert receiver.requests(url)[0].header("webhook-id") == test.delivery.event_id.hex
    assert outcome(test.delivery)[0] == "delivered"


def cut_off_the_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_claim_whose_answer_was_lost_with_the_database_is_undone_when_it_is_back(receiver, run, due):
    first = due(receiver.url("/lost"), next_attempt_at=timezone.now() + timedelta(hours=1))
    lost = Delivery.objects.filter(pk=first.pk)

    def lose_a_claim() -> None:
        now = timezone.now()
        lease = {"lease_token": Courier.objects.get().token, "leased_until": now + timedelta(hours=1)}
        lost.update(next_attempt_at=now, **lease)
        cut_off_the_others()

    due(receiver.answering(meanwhile(lose_a_claim)))

    run()

    assert (outcome(first), first.lease_token) == (("delivered", 1, ""), None)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_what_comes_back_while_the_database_is_away_is_settled_when_it_is_back(receiver, run, due):
    first = due(receiver.answering(meanwhile(cut_off_the_others)))

    summary = run()

    assert (summary.sent, summary.settled) == (1, 1)
    assert (outcome(first), first.lease_token) == (("delivered", 1, ""), None)
    assert len(receiver.requests()) == 1
    assert not Courier.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_courier_that_has_worked_waits_for_the_next_event(receiver, due, shutdown):
    first = due(receiver.url("/first"))
    last = receiver.answering(lambda _request: shutdown.set() or 200)

    def act_later() -> None:
        try:
            eventually(lambda: Delivery.objects.filter(pk=first.pk, state="delivered").exists())
            due(last)
            wakeup.ring()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        acting = pool.submit(act_later)
        summary = run_courier(linger_s=60, shutdown=shutdown)
        acting.result()

    assert (summary.sent, summary.settled) == (2, 2)
    assert len(receiver.requests(last)) == 1


def test_a_courier_that_finds_nothing_it_may_send_does_not_wait(due, shutdown):
    delivery = due(webhook=WebhookFactory.create(resting_until=timezone.now() + timedelta(minutes=5)))
    began_s = time.monotonic()

    summary = run_courier(linger_s=60, shutdown=shutdown)

    assert (summary.sent, outcome(delivery)) == (0, ("pending", 0, ""))
    assert time.monotonic() - began_s < 30


def test_a_courier_whose_time_is_over_leaves_what_is_due_to_the_next_one(receiver, run, due, shutdown, monkeypatch):
    called = []
    monkeypatch.setattr(wakeup, "_send", lambda *, helping: called.append(helping))
    delivery = due(receiver.url("/in"))

    summary = run_courier(slice_s=0, shutdown=shutdown)

    assert (summary.sent, outcome(delivery), delivery.lease_token) == (0, ("pending", 0, ""), None)
    assert called == [True]
    assert not Courier.objects.exists()


def test_one_process_runs_one_courier_at_a_time(receiver, run, due):
    second = []

    def run_another(_request) -> int:
        second.append(run())
        return 200

    delivery = due(receiver.answering(run_another))

    first = run()

    assert (first.sent, [summary.sent for summary in second]) == (1, [0])
    assert outcome(delivery) == ("delivered", 1, "")

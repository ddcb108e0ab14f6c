"""A worker that is told to stop: it ends in time, keeps what was answered, and leaves the rest to the next courier."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from scripts.services import end_with_parent
from tests.factories import AccountFactory, DeliveryFactory, WebhookFactory
from tests.polling import eventually
from tests.quality.files import ROOT
from tests.receiver import Answer, hang
from webhooks import delivery, wakeup
from webhooks.delivery.queue import INITIAL_SLOTS, MAX_IN_FLIGHT_PER_HOST
from webhooks.delivery.shutdown import ShutdownFlag
from webhooks.models import Attempt, Courier, Delivery

TIMEOUT_S = 4.0
"""An attempt's deadline in the worker: its grace when it is told to stop."""

MARGIN_S = 10.0
"""Seconds that processes may take besides, on a busy machine."""

HANGING, WEBHOOKS, EACH = 20, 20, 100
CROWD = WEBHOOKS * EACH
"""Deliveries: more webhooks on one host than it may have requests in flight, so that many wait under lease."""


class Worker:
    """A Celery worker with two forked couriers, on the database and the broker of the test."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it: it works at once if some earlier message is still in the broker."""
        at = connection.settings_dict
        address = f"{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
        kept = ("PATH", "HOME", "LANG", "SECRET_KEY", "CELERY_BROKER_URL", "CACHE_URL")
        environ = {name: os.environ[name] for name in kept if name in os.environ} | {
            "DATABASE_URL": f"postgres://{address}",
            "EGRESS_ALLOW": "127.0.0.0/8:*",
            "WEBHOOK_TIMEOUT_S": str(TIMEOUT_S),
        }
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", "courier", "--concurrency", "2"]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "--without-gossip", "--without-mingle"],
                cwd=ROOT,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=end_with_parent(),  # noqa: PLW1509 -- it makes one system call
            )

    def stop(self, kill: Callable[[int, int], None]) -> float:
        """Send SIGTERM with `kill`, and return the seconds until it has ended by itself."""
        assert self.process is not None
        began_at = time.monotonic()
        kill(self.process.pid, signal.SIGTERM)
        assert self.process.wait(TIMEOUT_S + 3 * MARGIN_S) == 0, self.log.read_text()
        return time.monotonic() - began_at


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(tmp_path / "worker.log")
    yield worker
    if worker.process is not None and worker.process.poll() is None:
        os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait()


@pytest.fixture
def sigterms() -> Iterator[list[int]]:
    """Yield the SIGTERMs that this process gets, while it does not die of them."""
    got: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: got.append(number))
    yield got
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(("told_by_parent", "obeyed"), [(False, [signal.SIGTERM]), (True, [])])
def test_a_sigterm_stops_the_courier_and_is_obeyed_afterwards_unless_the_parent_stops_as_well(
    shutdown, sigterms, told_by_parent, obeyed
):
    with shutdown.heeding_sigterm():
        os.kill(os.getpid(), signal.SIGTERM)
        heard = (shutdown.is_set(), list(sigterms))
        if told_by_parent:
            shutdown.set()

    assert heard == (True, [])
    assert sigterms == obeyed


class Noticed(ShutdownFlag):
    """A flag that says when somebody has seen it set."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = threading.Event()

    def is_set(self) -> bool:
        is_set = super().is_set()
        if is_set:
            self.seen.set()
        return is_set


@pytest.mark.django_db
def test_a_courier_that_stops_awaits_what_is_in_flight_and_gives_back_what_waits_for_its_turn(receiver, settings):
    """All that are in flight are answered when the courier has noticed that it is to stop; two wait for the host."""
    settings.WEBHOOK_TIMEOUT_S = 60
    flag = Noticed()
    all_in_flight = threading.Barrier(MAX_IN_FLIGHT_PER_HOST, timeout=60)

    def answer(_request: object) -> int:
        all_in_flight.wait()
        flag.set()
        return 200 if flag.seen.wait(60) else 500

    receiver.answer(answer)
    account = AccountFactory.create()
    for _ in range(MAX_IN_FLIGHT_PER_HOST // INITIAL_SLOTS + 1):
        DeliveryFactory.create_batch(INITIAL_SLOTS, webhook=WebhookFactory.create(account=account, url=receiver.url()))

    summary = delivery.run(linger_s=0.0, shutdown=flag)

    assert (summary.sent, summary.settled, summary.released) == (MAX_IN_FLIGHT_PER_HOST, MAX_IN_FLIGHT_PER_HOST, 2)
    assert Delivery.objects.filter(state="delivered", attempt_count=1).count() == MAX_IN_FLIGHT_PER_HOST
    assert Delivery.objects.filter(state="pending", attempt_count=0, lease_token=None).count() == 2
    assert not Courier.objects.exists()


@pytest.mark.django_db
def test_a_courier_that_has_no_time_to_stop_gives_back_what_is_in_flight(receiver, settings):
    settings.WEBHOOK_TIMEOUT_S = 60
    flag = Noticed()

    def answer(_request: object) -> Answer:
        flag.set(grace_s=0.0)
        return hang()

    given_back = DeliveryFactory.create(webhook=WebhookFactory.create(url=receiver.answering(answer)))

    summary = delivery.run(linger_s=0.0, shutdown=flag)

    given_back.refresh_from_db()
    assert (summary.sent, summary.released, len(receiver.requests())) == (0, 1, 1)
    assert (given_back.state, given_back.attempt_count, given_back.lease_token) == ("pending", 0, None)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kill", [os.kill, os.killpg], ids=["the worker", "the worker and its children"])
def test_a_worker_told_to_stop_leaves_nothing_behind_and_the_next_courier_goes_on_at_once(
    receiver, shutdown, worker, settings, kill
):
    settings.WEBHOOK_TIMEOUT_S = TIMEOUT_S
    account = AccountFactory.create()
    crowd = receiver.answering(Answer(delay_s=0.1))
    hanging = WebhookFactory.create(account=account, url=receiver.answering(hang()))
    DeliveryFactory.create_batch(HANGING, webhook=hanging)
    for _ in range(WEBHOOKS):
        DeliveryFactory.create_batch(EACH, webhook=WebhookFactory.create(account=account, url=crowd))
    worker.start()
    wakeup.call_another_courier()
    receiver.wait_for(WEBHOOKS * INITIAL_SLOTS, path=crowd, timeout_s=30)
    assert receiver.requests(hanging.settings["url"]) != []
    leased = Delivery.objects.filter(lease_token__isnull=False)
    eventually(lambda: leased.count() > MAX_IN_FLIGHT_PER_HOST)

    took_s = worker.stop(kill)

    assert took_s < TIMEOUT_S + MARGIN_S
    assert not Courier.objects.exists()
    assert not leased.exists()
    answered = {UUID(got.header("webhook-id")) for got in receiver.requests(crowd)}
    assert len(answered) < CROWD
    assert set(Delivery.objects.filter(state="delivered").values_list("event", flat=True)) == answered
    sent = {UUID(got.header("webhook-id")) for got in receiver.requests()}
    due = Delivery.objects.filter(state="pending", attempt_count=0, failures=0, next_attempt_at__lte=timezone.now())
    assert due.exclude(event__in=sent).count() == HANGING + CROWD - len(sent)
    assert set(Attempt.objects.filter(delivery__webhook=hanging).values_list("error", flat=True)) <= {"timeout"}

    receiver.release()
    delivery.run(linger_s=1.0, shutdown=shutdown)

    assert Delivery.objects.filter(state="delivered", attempt_count=1).count() == CROWD
    assert len(receiver.requests(crowd)) == CROWD

"""Run a real courier against a real receiver, in the test's own thread."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, models
from psycopg import sql

from tests.factories import DeliveryFactory, WebhookFactory
from tests.name_server import NameServer
from tests.receiver import Answer, Received
from webhooks.delivery import RunSummary
from webhooks.delivery import run as run_courier
from webhooks.delivery.claim import Job
from webhooks.delivery.result import Result
from webhooks.delivery.shutdown import ShutdownFlag
from webhooks.models import Attempt, Courier, Delivery

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

PATIENT_S = 60.0
"""Seconds that pass in no test, however busy the machine is, unless something never happens."""


@pytest.fixture(autouse=True)
def _courier_settings(settings, db):
    settings.EGRESS_ALLOW = ["127.0.0.0/8:*"]
    settings.WEBHOOK_TIMEOUT_S = PATIENT_S


@pytest.fixture
def hasty(settings) -> None:
    """Let an attempt end soon, in a test whose receiver never answers in time."""
    settings.WEBHOOK_TIMEOUT_S = 0.3


@pytest.fixture
def name_server(settings) -> Iterator[NameServer]:
    """A name server that couriers ask in place of the machine's."""
    with NameServer() as server:
        settings.EGRESS_DNS_SERVERS = [server.address]
        yield server


@pytest.fixture
def shutdown() -> ShutdownFlag:
    return ShutdownFlag()


class UntilNothingIsPending(ShutdownFlag):
    """A flag that is set as soon as no delivery is pending any more."""

    def is_set(self) -> bool:
        return super().is_set() or not Delivery.objects.filter(state=Delivery.State.PENDING).exists()


@pytest.fixture
def run(shutdown) -> Callable[[], RunSummary]:
    """Return a function that runs a courier until nothing is due."""
    return lambda: run_courier(linger_s=0.0, shutdown=shutdown)


@pytest.fixture
def run_on(settings) -> Callable[[], RunSummary]:
    """Return a function that runs one courier which retries at once what failed, twice at the most."""
    settings.WEBHOOK_RETRY_SCHEDULE_S = [0, 0]
    return lambda: run_courier(linger_s=PATIENT_S, shutdown=UntilNothingIsPending())


@pytest.fixture
def due(account) -> Callable[..., Delivery]:
    """Return a function that creates a delivery which is due, to a webhook on `url` (or to `webhook`)."""

    def due(url: str = "", **fields: object) -> Delivery:
        webhook = fields.pop("webhook", None) or WebhookFactory.create(account=account, url=url)
        return DeliveryFactory.create(webhook=webhook, **fields)

    return due


def make_job(**fields: object) -> Job:
    """Return a job as it is right after its claim."""
    claimed: dict[str, Any] = {
        "delivery_id": 1,
        "event_id": uuid4(),
        "webhook_id": 1,
        "failures": 0,
        "trigger": "automatic",
    }
    return Job(**{**claimed, "leased_until": NOW, **fields})


def make_result(delivery_id: int, **fields: object) -> Result:
    """Return the result of a delivery that a receiver has taken."""
    delivered: dict[str, Any] = {
        "delivery_id": delivery_id,
        "state": "delivered",
        "failures": 0,
        "next_attempt_at": None,
        "trigger": "automatic",
        "started_at": NOW,
        "duration_ms": 12,
        "url": "http://127.0.0.1/",
        "request_headers": (("Content-Type", "application/json"),),
        "status_code": 200,
        "error": "",
        "reason": "",
        "response_headers": (("Content-Type", "text/plain"),),
        "response_body": "ok",
        "truncated": False,
    }
    return Result(**{**delivered, **fields})


def outcome(delivery: Delivery) -> tuple[str, int, str]:
    """Return what became of a delivery: state, number of attempts, error of the last one."""
    delivery.refresh_from_db()
    return delivery.state, delivery.attempt_count, delivery.error


def attempt_of(delivery: Delivery) -> Attempt:
    return Attempt.objects.filter(delivery=delivery).latest("id")


def waits_s(delivery: Delivery) -> float:
    """Return how many seconds there are from the end of the last attempt to the next one."""
    delivery.refresh_from_db()
    attempt = attempt_of(delivery)
    ended_at = attempt.started_at + timedelta(milliseconds=attempt.duration_ms)
    assert delivery.next_attempt_at is not None
    return (delivery.next_attempt_at - ended_at).total_seconds()


def meanwhile(act: Callable[[], object], *, then: int | Answer = 200) -> Callable[[Received], int | Answer]:
    """Answer with `then` once `act` was done, that is while the request is in flight.

    It is done in a thread of the receiver's: the test needs `django_db(transaction=True)`.
    """

    def answer(_request: Received) -> int | Answer:
        try:
            act()
        finally:
            connection.close()
        return then

    return answer


@contextmanager
def locked_elsewhere(row: models.Model) -> Iterator[None]:
    """Hold the lock of a row of PostgreSQL in another transaction; whoever waits for it here gets an error soon."""
    other = connection.copy()
    lock = sql.SQL("SELECT 1 FROM {} WHERE id = %s FOR UPDATE").format(sql.Identifier(row._meta.db_table))
    try:
        other.set_autocommit(False)
        other.connection.execute(lock, [row.pk])
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout TO '5s'")
        yield
    finally:
        other.close()
        connection.close()


def wait_for_a_fetch(*, within_s: float = PATIENT_S) -> None:
    """Wait until the only courier at work has done a whole fetch that began after this call."""
    seen, until = {Courier.objects.get().seen_at}, time.monotonic() + within_s
    while len(seen) < 3:  # the first fetch may have begun before, and the third says that the second has ended
        assert time.monotonic() < until, f"no fetch within {within_s} s"
        threading.Event().wait(0.01)
        seen.add(Courier.objects.get().seen_at)

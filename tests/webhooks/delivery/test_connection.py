"""A courier's connection to the database: how it is set up, and what time it is there."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from webhooks.delivery.connection import DatabaseClock, tune_connection

SETTINGS = {"synchronous_commit": "off", "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off"}


def in_force() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(SETTINGS)])
        return dict(cursor.fetchall())


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_only_a_couriers_connection_is_set_up_for_small_batches_and_late_writing():
    connection.close()
    before = in_force()
    tune_connection()
    assert in_force() == SETTINGS != before

    connection.close()
    assert in_force() == before


@pytest.mark.django_db
def test_the_time_goes_on_by_itself():
    clock = DatabaseClock()
    before = clock.now()
    threading.Event().wait(0.01)

    assert before < clock.now() < timezone.now() + timedelta(seconds=1)


@pytest.mark.django_db
def test_a_machine_whose_clock_is_set_back_meanwhile_does_not_set_the_time_back():
    clock = DatabaseClock()
    before = clock.now()

    with time_machine.travel(before - timedelta(hours=1), tick=False):
        after = clock.now()

    assert abs(after - before) < timedelta(seconds=5)


@pytest.mark.services
@pytest.mark.django_db
def test_a_courier_whose_clock_is_wrong_goes_by_the_databases():
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        right = cursor.fetchone()[0]

    with time_machine.travel(right + timedelta(hours=1), tick=False):
        told = DatabaseClock().now()

    assert abs(told - right) < timedelta(seconds=5)

"""Prepared statements: planned once for a connection, and only on a courier's."""

import pytest
from django.db import OperationalError, connection

from webhooks.delivery import claim
from webhooks.delivery.connection import tune_connection
from webhooks.delivery.sql import prepared_cursor

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def prepared() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [statement for (statement,) in cursor.fetchall()]


@pytest.fixture(autouse=True)
def own_connection():
    """Begin and end with a fresh connection: how one is tuned lasts until it closes."""
    connection.close()
    yield
    connection.close()


def test_what_a_courier_runs_in_every_round_is_planned_once():
    tune_connection()
    for _ in range(3):
        claim.pending_webhooks(after=0)

    assert len([statement for statement in prepared() if "RECURSIVE pending" in statement]) == 1


def test_nobody_else_has_anything_prepared():
    claim.pending_webhooks(after=0)

    assert prepared() == []


def test_errors_are_those_of_django():
    tune_connection()

    with prepared_cursor() as cursor, pytest.raises(OperationalError):
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

"""How a courier sets up its connection to PostgreSQL, and the database's time."""

import time
from datetime import UTC, datetime, timedelta

from django.db import connection

from webhooks.delivery.sql import allow_prepared_statements


def tune_connection() -> None:
    """Set up this connection for a courier, until it closes.

    PostgreSQL confirms a commit before it has written to disk: a delivery whose claim or result is lost in a power cut
    is sent again, and events are recorded on other connections, with every guarantee. It always uses indexes: batches
    are small, and statistics lag behind a table that fills and empties fast. Statements that every round has are
    planned once.
    """
    allow_prepared_statements()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SET synchronous_commit TO off; SET enable_seqscan TO off; SET enable_hashjoin TO off;"
                "SET enable_mergejoin TO off"
            )


class DatabaseClock:
    """The database's time, asked once and carried on by the monotonic clock: couriers' own clocks may differ."""

    def __init__(self) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT clock_timestamp()")
                self._start: datetime = cursor.fetchone()[0]
        else:
            self._start = datetime.now(UTC)  # SQLite's time is this machine's
        self._started_s = time.monotonic()

    def now(self) -> datetime:
        """Return the database's time, in UTC."""
        return self._start + timedelta(seconds=time.monotonic() - self._started_s)

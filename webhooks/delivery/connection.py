"""How a courier wants its connection to PostgreSQL."""

import time
from datetime import UTC, datetime, timedelta

from django.db import connection

from webhooks.delivery.sql import allow_preparing


def tune_connection() -> None:
    """Tell PostgreSQL how this connection works, until it closes.

    It confirms a commit before it has written to disk: what a power cut takes back of a claim or a settlement is
    delivered again; events are recorded by other connections, with every guarantee. And it always goes by the
    indexes: batches are small, while statistics lag behind a table that fills and empties fast. What it runs in every
    round is planned once.
    """
    allow_preparing()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SET synchronous_commit TO off; SET enable_seqscan TO off; SET enable_hashjoin TO off;"
                "SET enable_mergejoin TO off"
            )


class Clock:
    """The time of the database, asked once in a while and carried on by the monotonic clock in between."""

    def __init__(self) -> None:
        self._at = datetime.now(UTC)
        self._mark = time.monotonic()
        self.sync()

    def sync(self) -> None:
        """Ask the database for its time; SQLite's is this machine's."""
        if connection.vendor != "postgresql":
            self.set(datetime.now(UTC))
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            self.set(cursor.fetchone()[0])

    def set(self, now: datetime) -> None:
        """Take `now` as the database's time at this very moment."""
        self._at, self._mark = now, time.monotonic()

    def now(self) -> datetime:
        """Give the database's time, in UTC."""
        return self._at + timedelta(seconds=time.monotonic() - self._mark)

"""The database's time: couriers on machines whose clocks disagree agree on what is due."""

import time
from datetime import UTC, datetime, timedelta

from django.db import connection


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

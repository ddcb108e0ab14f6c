"""What a courier has finished and not yet written to the database."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from webhooks.delivery import claim, health
from webhooks.delivery.health import AttemptReport
from webhooks.delivery.result import Result
from webhooks.delivery.settle import settle

MAX_BATCH = 100
MAX_WAIT_S = 0.02
"""Results are written in batches of so many, or so long after the first of them."""


class ResultBuffer:
    """Results, reports on webhooks, and deliveries to release; what the database did not take stays for the next time.

    `settled` and `released` count the deliveries so far.
    """

    def __init__(self, token: UUID) -> None:
        self.settled = self.released = 0
        self._token = token
        self._results: list[Result] = []
        self._reports: dict[int, list[AttemptReport]] = defaultdict(list)
        self._unsent: list[int] = []
        self._filled_s: float | None = None

    def __bool__(self) -> bool:
        """Whether results wait here."""
        return bool(self._results)

    def add(self, result: Result) -> None:
        """Take the result of a job."""
        self._results.append(result)

    def report(self, webhook_id: int, report: AttemptReport) -> None:
        """Take what an attempt says of the health of its webhook."""
        self._reports[webhook_id].append(report)

    def release(self, delivery_ids: Iterable[int]) -> None:
        """Take deliveries that were not sent, so that their leases end."""
        self._unsent += delivery_ids

    def delivery_ids(self) -> set[int]:
        """Return the deliveries that this courier still holds because of what is in here."""
        return {*self._unsent, *(result.delivery_id for result in self._results)}

    def is_due(self, *, is_last: bool) -> bool:
        """Return whether to `flush` now; `is_last`: nothing more will be added soon."""
        if not self._results:
            return bool(self._unsent)
        now = time.monotonic()
        if self._filled_s is None:
            self._filled_s = now
        return is_last or len(self._results) >= MAX_BATCH or now - self._filled_s >= MAX_WAIT_S

    def flush(self, *, now: datetime) -> bool:
        """Write everything; return whether deliveries were released, which are due again."""
        if self._results:
            self.settled += settle(self._results, token=self._token, now=now)
            self._results.clear()
            self._filled_s = None
        released = bool(self._unsent)
        if released:  # before the reports: a webhook that these disable takes the released deliveries along
            self.released += claim.release(self._unsent, token=self._token)
            self._unsent.clear()
        if self._reports:
            health.update_health(self._reports, now=now)
            self._reports.clear()
        return released

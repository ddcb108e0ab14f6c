"""Celery's scheduler of periodic tasks without its busy wait."""

from typing import Any

import celery.beat

SHORTEST_SLEEP_S = 0.02


class Scheduler(celery.beat.Scheduler):
    """Celery wakes up 10 ms before a task is due (`adjust`) and then asks again without a pause until it is."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send one task if it is due; return the seconds to sleep."""
        return max(super().tick(*args, **kwargs), SHORTEST_SLEEP_S)

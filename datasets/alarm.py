"""Wake whoever reads files: a message that names a dataset; a lost one costs a tick of the sweep."""

from __future__ import annotations

import logging
import time

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

INGEST_TASK = "datasets.tasks.ingest"
EXPIRES_S = 10
"""The sweep sends again what waits for longer, so that a queue that is behind does not fill up with doubles."""
MUTE_S = 5.0
"""After a broker that did not answer, how long uploads do not wait for it again."""

_muted_until = 0.0


def ring(dataset_id: int) -> None:
    """Ask for a dataset's file to be read; never raises, whatever state the broker is in."""
    global _muted_until  # noqa: PLW0603 -- one circuit breaker a process
    if time.monotonic() < _muted_until:
        return
    try:
        current_app.send_task(INGEST_TASK, args=[dataset_id], queue="ingest", expires=EXPIRES_S, retry=False)
    except (OperationalError, OSError, RedisError):
        _muted_until = time.monotonic() + MUTE_S
        logger.warning("ingestion could not be woken; the next sweep will find the work", exc_info=True)

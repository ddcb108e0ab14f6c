"""Wake whoever reads files, draws charts or tells catalogues; a lost message costs a tick of the sweep."""

from __future__ import annotations

import logging
import time

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

INGEST_TASK = "datasets.tasks.ingest"
REDRAW_TASK = "datasets.tasks.redraw"
PUBLISH_TASK = "datasets.tasks.publish_waiting"
EXPIRES_S = 10
"""The sweep sends again what waits for longer, so that a queue that is behind does not fill up with doubles."""
MUTE_S = 5.0
"""After a broker that did not answer, how long uploads do not wait for it again."""

_muted_until = 0.0


def ring(dataset_id: int) -> None:
    """Ask for a dataset's file to be read; never raises, whatever state the broker is in."""
    _send(INGEST_TASK, dataset_id)


def ring_to_redraw(dataset_id: int) -> None:
    """Ask for the charts of a dataset to be drawn anew; never raises."""
    _send(REDRAW_TASK, dataset_id)


def ring_to_publish() -> None:
    """Ask for the remote catalogues to be told what they wait for; never raises."""
    _send(PUBLISH_TASK)


def _send(task: str, *arguments: int) -> None:
    global _muted_until  # noqa: PLW0603 -- one circuit breaker a process
    if time.monotonic() < _muted_until:
        return
    try:
        current_app.send_task(task, args=list(arguments), queue="ingest", expires=EXPIRES_S, retry=False)
    except (OperationalError, OSError, RedisError):
        _muted_until = time.monotonic() + MUTE_S
        logger.warning("%s could not be called; the next sweep will find the work", task, exc_info=True)

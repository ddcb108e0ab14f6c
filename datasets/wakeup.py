"""Wake the worker that reads files, draws charts or tells catalogues; a lost message costs a tick of the sweep."""

from __future__ import annotations

from accounts.broker import send_task, unless_away

INGEST_TASK = "datasets.tasks.ingest"
REDRAW_TASK = "datasets.tasks.redraw"
PUBLISH_TASK = "datasets.tasks.publish_waiting"
EXPIRES_S = 10
"""The sweep sends again what waits for longer, so that a queue that is behind does not fill up with doubles."""


def ask_to_ingest(dataset_id: int) -> None:
    """Ask for a dataset's file to be read; never raises, whatever state the broker is in."""
    _send(INGEST_TASK, dataset_id)


def ask_to_redraw(dataset_id: int) -> None:
    """Ask for the charts of a dataset to be drawn anew; never raises."""
    _send(REDRAW_TASK, dataset_id)


def ask_to_publish() -> None:
    """Ask for the remote catalogues to be told what they wait for; never raises."""
    _send(PUBLISH_TASK)


def _send(task: str, *arguments: int) -> None:
    unless_away(lambda: send_task(task, args=arguments, queue="ingest", expires_s=EXPIRES_S), default=None)

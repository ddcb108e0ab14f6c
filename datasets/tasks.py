"""What the worker of the ingest queue is asked to do."""

from __future__ import annotations

import logging

from celery import shared_task

from datasets.files import ingest as ingestion
from datasets.models import Dataset
from datasets.services import drawings, publications

logger = logging.getLogger(__name__)


@shared_task
def ingest(dataset_id: int) -> None:
    """Read the file that a dataset waits to have read."""
    outcome = ingestion.ingest(dataset_id)
    logger.info("dataset %s: %s", dataset_id, outcome)


@shared_task
def redraw(dataset_id: int) -> None:
    """Draw anew what is made of a dataset."""
    dataset = Dataset.objects.filter(pk=dataset_id).first()
    if dataset is not None:
        drawings.redraw(dataset)


@shared_task
def publish_waiting() -> None:
    """Tell the remote catalogues what they wait for."""
    publications.carry_out_waiting()


@shared_task
def sweep() -> None:
    """Find what waits although no message came, or whose worker died."""
    found = ingestion.sweep()
    if found:
        logger.info("%s datasets wait to be read", found)
    drawings.sweep()
    publications.sweep()

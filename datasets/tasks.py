"""The tasks of the `ingest` queue."""

from __future__ import annotations

import logging

from celery import shared_task

from datasets.files import ingest as ingestion
from datasets.models import Dataset
from datasets.services import drawings, publications

logger = logging.getLogger(__name__)


@shared_task
def ingest(dataset_id: int) -> None:
    """Read the file that was uploaded for a dataset."""
    outcome = ingestion.ingest(dataset_id)
    logger.info("dataset %s: %s", dataset_id, outcome)


@shared_task
def redraw(dataset_id: int) -> None:
    """Draw the visualisations of a dataset whose data or chart changed."""
    dataset = Dataset.objects.filter(pk=dataset_id).first()
    if dataset is not None:
        drawings.redraw(dataset)


@shared_task
def publish_waiting() -> None:
    """Call the remote catalogues that wait for a publication, an update or a removal."""
    publications.process_waiting()


@shared_task
def sweep() -> None:
    """Find work whose message was lost or whose worker died."""
    found = ingestion.sweep()
    if found:
        logger.info("%s datasets wait to be read", found)
    drawings.sweep()
    publications.sweep()

"""What the ingestion worker is asked to do."""

from __future__ import annotations

import logging

from celery import shared_task

from datasets import ingest as ingestion

logger = logging.getLogger(__name__)


@shared_task
def ingest(dataset_id: int) -> None:
    """Read the file that a dataset waits to have read."""
    outcome = ingestion.ingest(dataset_id)
    logger.info("dataset %s: %s", dataset_id, outcome)


@shared_task
def sweep() -> None:
    """Find what waits although no message came, or whose reader died."""
    found = ingestion.sweep()
    if found:
        logger.info("%s datasets wait to be read", found)

"""Tell that somebody takes the data away: once, when they start."""

from __future__ import annotations

from django.db import transaction

from accounts.principal import Principal
from datasets import signals
from datasets.models import Dataset

MAX_FILTER_CHARS = 500
"""Of each filter that is recorded: what was asked for is of interest, a list of a thousand values is not."""


def record_download(dataset: Dataset, *, file: str, by: Principal) -> None:
    """Tell that the whole of `dataset` is being downloaded: the `original` file, or the `full` table."""
    with transaction.atomic():
        signals.dataset_downloaded.send(sender=Dataset, dataset=dataset, file=file, by=by)


def record_extract(dataset: Dataset, *, filters: dict[str, str], by: Principal) -> None:
    """Tell that a part of `dataset` is being downloaded as CSV."""
    short = {name: text[:MAX_FILTER_CHARS] for name, text in list(filters.items())[:20]}
    with transaction.atomic():
        signals.dataset_downloaded_filter.send(sender=Dataset, dataset=dataset, filters=short, by=by)

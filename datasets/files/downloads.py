"""Record downloads: once each, when they start."""

from __future__ import annotations

from django.db import transaction

from accounts.principal import Principal
from datasets import signals
from datasets.models import Dataset

MAX_FILTERS = 20
MAX_FILTER_CHARS = 500
"""Recorded of each filter: enough to see what was searched, without lists of a thousand values."""


def record_download(dataset: Dataset, *, file: str, by: Principal) -> None:
    """Record a download of all of `dataset`: the `original` file, or the `full` table."""
    with transaction.atomic():
        signals.dataset_downloaded.send(sender=Dataset, dataset=dataset, file=file, by=by)


def record_extract(dataset: Dataset, *, filters: dict[str, str], by: Principal) -> None:
    """Record a download of the rows of `dataset` that match `filters`, as CSV."""
    short = {name: text[:MAX_FILTER_CHARS] for name, text in list(filters.items())[:MAX_FILTERS]}
    with transaction.atomic():
        signals.dataset_downloaded_filter.send(sender=Dataset, dataset=dataset, filters=short, by=by)

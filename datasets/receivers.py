"""What this app does on its own signals."""

from functools import partial
from typing import Any

from django.db import transaction

from datasets import wakeup
from datasets.models import Dataset
from datasets.signals import dataset_finalized


def connect() -> None:
    """Connect the receivers."""
    dataset_finalized.connect(_redraw, dispatch_uid="redraw")


def _redraw(dataset: Dataset, **_signal: Any) -> None:
    """Wake a worker to draw the charts of a dataset, once its new rows are committed."""
    transaction.on_commit(partial(wakeup.ask_to_redraw, dataset.pk), robust=True)

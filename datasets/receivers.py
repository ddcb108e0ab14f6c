"""What follows, inside this room, from its own signals."""

from functools import partial
from typing import Any

from django.db import transaction

from datasets import wakeup
from datasets.models import Dataset
from datasets.signals import dataset_finalized


def connect() -> None:
    """Connect the signals."""
    dataset_finalized.connect(_redraw, dispatch_uid="reactions")


def _redraw(dataset: Dataset, **_signal: Any) -> None:  # Any: Django's contract
    """Have the charts of a dataset drawn anew, once its new rows are there for all."""
    transaction.on_commit(partial(wakeup.ask_to_redraw, dataset.pk), robust=True)

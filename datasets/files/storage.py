"""The files of datasets on disk: a folder for each dataset, in it a folder for each revision."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.files import File

from datasets import engine
from datasets.files import uploads
from datasets.models import Dataset

ABANDONED_AFTER_S = 86_400
"""An upload to which nothing was written for a day is over."""


@contextmanager
def stored_upload(upload: File[bytes], dataset: Dataset, *, revision: int) -> Iterator[None]:
    """Store the file as the original of `revision`; remove it again when the block fails."""
    folder = dataset.folder(revision)
    try:
        uploads.store_upload(upload, folder / "original")
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def remove_other_revisions(dataset_id: int, *, keep: set[int]) -> None:
    """Remove the files of every revision but those in `keep`."""
    for folder in (engine.datasets_folder() / str(dataset_id)).glob("*"):
        if folder.name.isdecimal() and int(folder.name) not in keep:
            shutil.rmtree(folder, ignore_errors=True)


def remove_files(dataset_id: int) -> None:
    """Remove every file of a dataset; processes that have one open can go on reading it."""
    shutil.rmtree(engine.datasets_folder() / str(dataset_id), ignore_errors=True)


def remove_abandoned_uploads() -> None:
    """Remove the files of uploads that were killed half-way."""
    for path in uploads.incoming_folder().glob("*.upload"):
        try:
            if time.time() - path.stat().st_mtime > ABANDONED_AFTER_S:
                path.unlink()
        except FileNotFoundError:
            continue

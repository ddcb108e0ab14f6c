"""Where a dataset's files lie: a folder each, and in it a folder for each file that was uploaded."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.files import File

from datasets import engine
from datasets.files import uploads
from datasets.models import Dataset

ABANDONED_S = 86_400
"""Nothing was written to it for a day: nobody is uploading it any more."""


@contextmanager
def placed(upload: File[bytes], dataset: Dataset, *, revision: int) -> Iterator[None]:
    """Store the file as the original of `revision`; take it away again when the block fails."""
    folder = dataset.folder(revision)
    try:
        uploads.store(upload, folder / "original")
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def prune(dataset_id: int, *, keep: set[int]) -> None:
    """Remove the files of every revision but those in `keep`."""
    for folder in (engine.root() / str(dataset_id)).glob("*"):
        if folder.name.isdecimal() and int(folder.name) not in keep:
            shutil.rmtree(folder, ignore_errors=True)


def remove(dataset_id: int) -> None:
    """Remove every file of a dataset; those who are reading one go on."""
    shutil.rmtree(engine.root() / str(dataset_id), ignore_errors=True)


def tidy() -> None:
    """Remove what uploads left that were killed half-way, once no upload can still be under way."""
    for path in uploads.incoming_folder().glob("*.upload"):
        try:
            if time.time() - path.stat().st_mtime > ABANDONED_S:
                path.unlink()
        except FileNotFoundError:
            continue

"""Read an uploaded file into a table: claim it under a lease, convert it, and settle, or say what is wrong with it."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.principal import WORKER
from datasets import signals, wakeup
from datasets.errors import Unreadable, lazy_sentence
from datasets.files import storage
from datasets.models import Dataset
from datasets.models.dataset import DatasetQuerySet
from datasets.reading import Table, convert

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
LEASE = timedelta(seconds=20)
LEASE_PER_MB = timedelta(seconds=1)
"""A small file is read in half a second and one of 100 MB in 5 s: a lease that is many times longer holds on a slow
machine as well. When the reader is killed, the file waits for the end of the lease and for the next sweep."""
PAUSE = timedelta(seconds=30)
"""Between attempts, after a failure that is not the file's."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to read one revision of a dataset, until a time by which it is also known."""

    dataset: Dataset
    until: datetime

    @property
    def held(self) -> DatasetQuerySet:
        """Give the dataset's row, as long as nobody else has claimed it and no newer file came."""
        return Dataset.objects.filter(pk=self.dataset.pk, revision=self.dataset.revision, ingesting_until=self.until)


def ingest(dataset_id: int) -> str:
    """Read the file that the dataset waits to have read, if nobody else is reading it; give what came of it.

    `nothing` to do, `finalized`, `error` (the file's fault), `later` (ours, it will be tried again), `stale` (another
    file came, or the lease was lost: nothing was changed).
    """
    claim = _claim(dataset_id, now=timezone.now())
    if claim is None:
        return "nothing"
    if claim.dataset.ingest_attempts >= MAX_ATTEMPTS:
        return _refuse(claim, Unreadable("interrupted", attempts=MAX_ATTEMPTS))
    folder = claim.dataset.folder(claim.dataset.revision)
    written = folder / f"{uuid.uuid4().hex}.parquet"
    try:
        table = convert(folder / "original", written, on_analyzed=partial(_analyzed, claim))
        return _finalize(claim, table, written)
    except Unreadable as fault:
        return _refuse(claim, fault)
    except Exception:
        logger.exception("the file of dataset %s could not be read", claim.dataset.slug)
        return _put_off(claim)
    finally:
        written.unlink(missing_ok=True)
        if not Dataset.objects.filter(pk=dataset_id).exists():
            storage.remove(dataset_id)


def sweep() -> int:
    """Ring again for every dataset whose file waits and that nobody reads, be it that its reader died; count them."""
    storage.tidy()
    waiting = list(Dataset.objects.awaiting_ingestion(timezone.now()).values_list("pk", flat=True)[:1000])
    for dataset_id in waiting:
        wakeup.ask_to_ingest(dataset_id)
    return len(waiting)


def _claim(dataset_id: int, *, now: datetime) -> Claim | None:
    """Take the lease, or give None when there is nothing to read or somebody else is at it."""
    waiting = Dataset.objects.awaiting_ingestion(now).filter(pk=dataset_id)
    dataset = waiting.select_related("account").first()
    if dataset is None:
        return None
    _name, size, _type = dataset.last_file
    until = now + LEASE + LEASE_PER_MB * (size // 1_000_000)
    taken = waiting.filter(revision=dataset.revision, ingest_attempts=dataset.ingest_attempts).update(
        ingesting_until=until, ingest_attempts=F("ingest_attempts") + 1
    )
    return Claim(dataset, until) if taken else None


def _analyzed(claim: Claim) -> None:
    claim.held.update(status=Dataset.Status.ANALYZED, updated_at=timezone.now())


def _finalize(claim: Claim, table: Table, written: Path) -> str:
    """Serve the new rows in the place of the old, in one step."""
    dataset = claim.dataset
    name, size, mimetype = dataset.last_file
    with transaction.atomic():
        settled = claim.held.update(
            **_at_rest(Dataset.Status.FINALIZED),
            version=dataset.revision,
            schema=table.schema,
            row_count=table.row_count,
            file_name=name,
            file_size=size,
            file_mimetype=mimetype,
            file_encoding=table.encoding,
            incoming_name="",
            incoming_size=0,
            incoming_mimetype="",
        )
        if not settled:
            return "stale"
        written.replace(written.with_name("data.parquet"))
        served_before = dataset.version
        dataset.refresh_from_db()
        signals.dataset_finalized.send(sender=Dataset, dataset=dataset)
        # The rows served until now stay one revision longer, for those who are about to open them.
        keep = {dataset.version, served_before}
        transaction.on_commit(partial(storage.prune, dataset.pk, keep=keep), robust=True)
    return "finalized"


def _refuse(claim: Claim, fault: Unreadable) -> str:
    """Say what is wrong with the file; the rows of an earlier one are served on."""
    dataset = claim.dataset
    with transaction.atomic():
        settled = claim.held.update(
            **_at_rest(Dataset.Status.ERROR) | {"error_code": fault.code, "error_params": fault.params}
        )
        if not settled:
            return "stale"
        dataset.refresh_from_db()
        reason = lazy_sentence(fault.code, fault.params)
        signals.dataset_error.send(sender=Dataset, dataset=dataset, reason=reason, by=WORKER)
    return "error"


def _put_off(claim: Claim) -> str:
    """Let the sweep try again after a pause, a few times."""
    attempts = claim.dataset.ingest_attempts + 1
    if attempts >= MAX_ATTEMPTS:
        return _refuse(claim, Unreadable("failed"))
    settled = claim.held.update(ingesting_until=timezone.now() + PAUSE * attempts)
    return "later" if settled else "stale"


def _at_rest(status: Dataset.Status) -> dict[str, object]:
    return {
        "status": status,
        "error_code": "",
        "error_params": {},
        "ingest_attempts": 0,
        "ingesting_until": None,
        "updated_at": timezone.now(),
    }

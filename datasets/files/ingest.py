"""Convert an uploaded file to a table: take a lease on it, convert it, then serve its rows or record its error."""

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
from datasets.errors import UnreadableFile, lazy_error_message
from datasets.files import storage
from datasets.models import Dataset
from datasets.models.dataset import DatasetQuerySet
from datasets.reading import Table, convert

logger = logging.getLogger(__name__)

SWEEP_BATCH_SIZE = 1_000
MAX_ATTEMPTS = 3
LEASE = timedelta(seconds=20)
LEASE_PER_MB = timedelta(seconds=1)
"""A small file is read in half a second and one of 100 MB in 5 s: the lease is many times longer, for slow machines.
When the worker is killed, the file is read again by the first sweep after the end of the lease."""

RETRY_DELAY = timedelta(seconds=30)
"""After the first attempt that failed for another reason than the file; twice as long after the second."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease to read one revision of a dataset; `until`, its end, identifies it."""

    dataset: Dataset
    until: datetime

    @property
    def row(self) -> DatasetQuerySet:
        """The row of the dataset, unless another worker has taken the lease or a newer file was uploaded."""
        return Dataset.objects.filter(pk=self.dataset.pk, revision=self.dataset.revision, ingesting_until=self.until)


def ingest(dataset_id: int) -> str:
    """Read the file that was uploaded for the dataset, unless another worker is reading it, and return the outcome.

    `nothing` to do, `finalized`, `error` (the file cannot be read), `later` (another failure: it will be tried again),
    `stale` (a newer file was uploaded or the lease was lost: nothing was changed).
    """
    claim = _claim(dataset_id, now=timezone.now())
    if claim is None:
        return "nothing"
    if claim.dataset.ingest_attempts >= MAX_ATTEMPTS:
        return _reject(claim, UnreadableFile("interrupted", attempts=MAX_ATTEMPTS))
    folder = claim.dataset.folder(claim.dataset.revision)
    written = folder / f"{uuid.uuid4().hex}.parquet"
    try:
        table = convert(folder / "original", written, on_analyzed=partial(_analyzed, claim))
        return _finalize(claim, table, written)
    except UnreadableFile as error:
        return _reject(claim, error)
    except Exception:
        logger.exception("the file of dataset %s could not be read", claim.dataset.slug)
        return _retry_later(claim)
    finally:
        written.unlink(missing_ok=True)
        if not Dataset.objects.filter(pk=dataset_id).exists():
            storage.remove_files(dataset_id)


def sweep() -> int:
    """Wake a worker for each file that waits, its message lost or its worker dead; return their number."""
    storage.remove_abandoned_uploads()
    waiting = list(Dataset.objects.awaiting_ingestion(timezone.now()).values_list("pk", flat=True)[:SWEEP_BATCH_SIZE])
    for dataset_id in waiting:
        wakeup.ask_to_ingest(dataset_id)
    return len(waiting)


def _claim(dataset_id: int, *, now: datetime) -> Claim | None:
    """Take the lease, or return None when there is nothing to read or another worker has it."""
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
    claim.row.update(status=Dataset.Status.ANALYZED, updated_at=timezone.now())


def _finalize(claim: Claim, table: Table, written: Path) -> str:
    """Serve the new rows in place of the old ones, in one transaction."""
    dataset = claim.dataset
    name, size, mimetype = dataset.last_file
    with transaction.atomic():
        settled = claim.row.update(
            **_settled_fields(Dataset.Status.FINALIZED),
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
        # The files served until now stay for one more revision: a request may be about to open them.
        keep = {dataset.version, served_before}
        transaction.on_commit(partial(storage.remove_other_revisions, dataset.pk, keep=keep), robust=True)
    return "finalized"


def _reject(claim: Claim, error: UnreadableFile) -> str:
    """Record what is wrong with the file; the rows of an earlier one are still served."""
    dataset = claim.dataset
    with transaction.atomic():
        settled = claim.row.update(
            **_settled_fields(Dataset.Status.ERROR) | {"error_code": error.code, "error_params": error.params}
        )
        if not settled:
            return "stale"
        dataset.refresh_from_db()
        reason = lazy_error_message(error.code, error.params)
        signals.dataset_error.send(sender=Dataset, dataset=dataset, reason=reason, by=WORKER)
    return "error"


def _retry_later(claim: Claim) -> str:
    """Let the sweep try again after a delay, until `MAX_ATTEMPTS`."""
    attempts = claim.dataset.ingest_attempts + 1
    if attempts >= MAX_ATTEMPTS:
        return _reject(claim, UnreadableFile("failed"))
    settled = claim.row.update(ingesting_until=timezone.now() + RETRY_DELAY * attempts)
    return "later" if settled else "stale"


def _settled_fields(status: Dataset.Status) -> dict[str, object]:
    return {
        "status": status,
        "error_code": "",
        "error_params": {},
        "ingest_attempts": 0,
        "ingesting_until": None,
        "updated_at": timezone.now(),
    }

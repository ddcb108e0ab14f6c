"""Take in a file: as a new dataset, or in the place of the one that a dataset has."""

from __future__ import annotations

import logging
from functools import partial

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from accounts.principal import Principal
from datasets import signals, slugs, wakeup
from datasets.files import storage, uploads
from datasets.models import Dataset
from datasets.services import publications

MAX_TITLE_CHARS = 300


def create_dataset(
    *,
    account: Account,
    upload: File[bytes],
    by: Principal,
    title: str = "",
    description: str = "",
    is_public: bool = False,
    slug: str = "",
) -> Dataset:
    """Accept the first file of a new dataset, which a worker then reads; its title is the file's name by default.

    Its slug is made of `slug` or of the title. Raise `uploads.UploadRefused` for a file that is not taken.
    """
    file = uploads.check(upload)
    title = clean_title(title) or clean_title(file.stem) or file.name
    dataset = Dataset(
        account=account,
        title=title,
        description=description.replace("\x00", ""),
        is_public=is_public,
        file_name=file.name,
        file_size=file.size,
        file_mimetype=file.mimetype,
        author_kind=by.kind,
        author_id=by.id,
        author_name=by.name[:150],
        data_updated_at=timezone.now(),
    )
    with transaction.atomic():
        slugs.insert(dataset, wanted=slug or title, fallback="dataset")
        with storage.placed(upload, dataset, revision=dataset.revision):
            signals.dataset_created.send(sender=Dataset, dataset=dataset, by=by)
        transaction.on_commit(partial(wakeup.ask_to_ingest, dataset.pk), robust=True)
    return dataset


def replace_data(dataset: Dataset, *, upload: File[bytes], by: Principal) -> Dataset:
    """Accept a new file for `dataset`; its rows are served as they were until the new ones were read.

    Give the dataset as it is now. A file that is still being read is superseded. Raise `uploads.UploadRefused`, and
    `Dataset.DoesNotExist` when it was deleted meanwhile.
    """
    file = uploads.check(upload)
    with transaction.atomic():
        current = Dataset.objects.select_for_update().select_related("account").get(pk=dataset.pk)
        current.revision += 1
        current.status = Dataset.Status.CREATED
        current.error_code, current.error_params = "", {}
        current.incoming_name, current.incoming_size, current.incoming_mimetype = file.name, file.size, file.mimetype
        current.ingest_attempts, current.ingesting_until = 0, None
        current.data_updated_at = timezone.now()
        current.save()
        with storage.placed(upload, current, revision=current.revision):
            signals.dataset_data_updated.send(sender=Dataset, dataset=current, by=by)
        transaction.on_commit(partial(wakeup.ask_to_ingest, current.pk), robust=True)
    return current


def clean_title(text: str) -> str:
    """Give a title on one line, without what cannot be printed, at most 300 characters."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:MAX_TITLE_CHARS]


logger = logging.getLogger(__name__)


def describe(dataset: Dataset, *, by: Principal, title: str | None = None, description: str | None = None) -> Dataset:
    """Change title or description (None: as it is) and tell its catalogues; a blank title changes nothing."""
    before = (dataset.title, dataset.description)
    if title is not None:
        dataset.title = clean_title(title) or dataset.title
    if description is not None:
        dataset.description = description.replace("\x00", "")
    with transaction.atomic():
        dataset.save(update_fields=["title", "description", "updated_at"])
        if (dataset.title, dataset.description) != before:
            publications.renew(dataset, by=by)
    logger.info("dataset %s described by %s", dataset.slug, by.name)
    return dataset


def set_public(dataset: Dataset, *, public: bool, by: Principal) -> Dataset:
    """Open the dataset to everybody, or close it to all but its account."""
    dataset.is_public = public
    dataset.save(update_fields=["is_public", "updated_at"])
    logger.info("dataset %s made %s by %s", dataset.slug, dataset.visibility, by.name)
    return dataset


def delete_dataset(dataset: Dataset, *, by: Principal) -> None:
    """Take it off its catalogues, remove it, its files and what is made of it; what was recorded of it stays."""
    dataset_id = dataset.pk
    with transaction.atomic():
        publications.withdraw(dataset, by=by)
        dataset.delete()
        transaction.on_commit(partial(storage.remove, dataset_id), robust=True)
    logger.info("dataset %s deleted by %s", dataset.slug, by.name)

"""Take in a file: as a new dataset, or in the place of the one that a dataset has."""

from __future__ import annotations

from functools import partial

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from accounts.principal import Principal
from datasets import alarm, signals, slugs, storage, uploads
from datasets.models import Dataset

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
        transaction.on_commit(partial(alarm.ring, dataset.pk), robust=True)
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
        transaction.on_commit(partial(alarm.ring, current.pk), robust=True)
    return current


def clean_title(text: str) -> str:
    """Give a title on one line, without what cannot be printed, at most 300 characters."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:MAX_TITLE_CHARS]

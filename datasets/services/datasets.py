"""Create, change, share and delete datasets, and replace their file."""

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
from datasets.services import audit, editing, publications
from datasets.services.audit import Action

logger = logging.getLogger(__name__)

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

    Without a `slug` one is made of the title. Raise `uploads.UploadRefused` for a file that is not accepted, and
    IntegrityError when `slug` is taken.
    """
    file = uploads.check_upload(upload)
    title = clean_title(title) or clean_title(file.stem) or file.name
    dataset = Dataset(
        account=account,
        slug=slug,
        title=title,
        description=clean_text(description),
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
        if slug:
            dataset.save(force_insert=True)
        else:
            slugs.insert_with_slug(dataset, wanted=title, fallback="dataset")
        audit.created(Action.DATASET_CREATED, dataset, by=by)
        with storage.stored_upload(upload, dataset, revision=dataset.revision):
            signals.dataset_created.send(sender=Dataset, dataset=dataset, by=by)
        transaction.on_commit(partial(wakeup.ask_to_ingest, dataset.pk), robust=True)
    return dataset


def replace_data(dataset: Dataset, *, upload: File[bytes], by: Principal) -> Dataset:
    """Accept a new file for `dataset` and return it; its present rows are served until the new file has been read.

    A file that is still being read is superseded. Raise `uploads.UploadRefused`, and `Dataset.DoesNotExist` when the
    dataset was deleted in the meantime.
    """
    file = uploads.check_upload(upload)
    with transaction.atomic():
        current = Dataset.objects.select_for_update().select_related("account").get(pk=dataset.pk)
        before = audit.values(current)
        current.revision += 1
        current.status = Dataset.Status.CREATED
        current.error_code, current.error_params = "", {}
        current.incoming_name, current.incoming_size, current.incoming_mimetype = file.name, file.size, file.mimetype
        current.ingest_attempts, current.ingesting_until = 0, None
        current.data_updated_at = timezone.now()
        current.save(
            update_fields=[
                *("revision", "status", "error_code", "error_params"),
                *("incoming_name", "incoming_size", "incoming_mimetype"),
                *("ingest_attempts", "ingesting_until", "data_updated_at", "updated_at"),
            ]
        )
        audit.changed(Action.DATASET_DATA_REPLACED, current, before, by=by)
        with storage.stored_upload(upload, current, revision=current.revision):
            signals.dataset_data_updated.send(sender=Dataset, dataset=current, by=by)
        transaction.on_commit(partial(wakeup.ask_to_ingest, current.pk), robust=True)
    return current


def change_dataset(
    dataset: Dataset, *, by: Principal, title: str | None = None, description: str | None = None
) -> Dataset:
    """Change title or description (None: unchanged), update its publications and return it as it is now.

    A blank title is ignored. Only what differs is written, so that nothing is lost of what others change meanwhile.
    Raise `Dataset.DoesNotExist` when it was deleted.
    """
    words = {
        "title": (title and clean_title(title)) or None,
        "description": None if description is None else clean_text(description),
    }
    with transaction.atomic():
        current = editing.locked(dataset)
        before = audit.values(current)
        changed = editing.assign(current, words)
        editing.save_changed(current, changed)
        audit.changed(Action.DATASET_UPDATED, current, before, by=by)
        if changed:
            publications.request_updates(current, by=by)
    logger.info("title and description of dataset %s changed by %s", current.slug, by.name)
    return current


def share_dataset(dataset: Dataset, *, public: bool, by: Principal) -> int:
    """Make the dataset public or private; return the number of catalogues that a private one was taken off."""
    with transaction.atomic():
        current = editing.locked(dataset)
        before = audit.values(current)
        editing.save_changed(current, editing.assign(current, {"is_public": public}))
        taken_off = 0 if public else publications.unpublish_everywhere(current, by=by)
        audit.changed(Action.DATASET_SHARED, current, before, by=by)
    logger.info("dataset %s made %s by %s", current.slug, current.visibility, by.name)
    return taken_off


def delete_dataset(dataset: Dataset, *, by: Principal) -> None:
    """Delete the dataset, its files and its visualisations, all taken off their catalogues; its events stay."""
    dataset_id = dataset.pk
    with transaction.atomic():
        try:
            current = editing.locked(dataset)
        except Dataset.DoesNotExist:
            return
        audit.deleted(Action.DATASET_DELETED, current, audit.values(current), by=by)
        publications.unpublish_everywhere(dataset, by=by)
        for visualisation in dataset.visualisations.select_for_update(of=("self",)).select_related("account"):
            audit.deleted(Action.VISUALISATION_DELETED, visualisation, audit.values(visualisation), by=by)
            publications.unpublish_everywhere(visualisation, by=by)
        dataset.delete()
        transaction.on_commit(partial(storage.remove_files, dataset_id), robust=True)
    logger.info("dataset %s deleted by %s", dataset.slug, by.name)


def clean_title(text: str) -> str:
    """Return `text` on one line, without characters that cannot be printed, at most `MAX_TITLE_CHARS` long."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:MAX_TITLE_CHARS]


def clean_text(text: str) -> str:
    """Return `text` without the NUL characters that PostgreSQL refuses."""
    return text.replace("\x00", "")

"""Change what surrounds the data: title, description, who may see it, whether it exists."""

from __future__ import annotations

import logging
from functools import partial

from django.db import transaction

from accounts.principal import Principal
from datasets import publishing, storage
from datasets.intake import clean_title
from datasets.models import Dataset

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
            publishing.renew(dataset, by=by)
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
        publishing.withdraw(dataset, by=by)
        dataset.delete()
        transaction.on_commit(partial(storage.remove, dataset_id), robust=True)
    logger.info("dataset %s deleted by %s", dataset.slug, by.name)

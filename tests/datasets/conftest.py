"""Datasets, as rows only or read from real files."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile

from accounts.principal import Principal
from datasets.files.ingest import ingest
from datasets.models import Dataset
from datasets.services.datasets import create_dataset

ALICE = Principal(kind="user", id="1", name="Alice")


@pytest.fixture
def city(account):
    return account


@pytest.fixture
def cast(alice, carl, ursula, bob):
    return SimpleNamespace(alice=alice, carl=carl, ursula=ursula, bob=bob)


@pytest.fixture
def media(settings) -> Path:
    return settings.MEDIA_ROOT


@pytest.fixture
def upload(account):
    """A function that uploads bytes as a new dataset of the account, which is not read yet."""

    def upload(data: bytes, *, name: str = "cities.csv", **options) -> Dataset:
        options = {"account": account, "by": ALICE} | options
        return create_dataset(upload=ContentFile(data, name=name), **options)

    return upload


@pytest.fixture
def ingested(upload):
    """A function that uploads bytes, has them read, and returns the dataset."""

    def ingested(data: bytes, **options) -> Dataset:
        dataset = upload(data, **options)
        ingest(dataset.pk)
        dataset.refresh_from_db()
        return dataset

    return ingested

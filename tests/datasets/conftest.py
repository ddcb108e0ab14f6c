"""The cast of the datasets room: an organisation, its members, an outsider."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import Account, User
from accounts.permissions import Role
from accounts.principal import Principal
from accounts.signup import create_user, join, open_account
from datasets.ingest import ingest
from datasets.intake import create_dataset
from datasets.models import Dataset

ALICE = Principal(kind="user", id="1", name="Alice")


@dataclass(frozen=True)
class Cast:
    """alice administers the city, carl contributes, ursula reads, bob belongs elsewhere."""

    city: Account
    alice: User
    carl: User
    ursula: User
    bob: User


@pytest.fixture
def cast(db) -> Cast:
    users = {
        name: create_user(f"{name}@{host}.example", name=name.title(), password="demo", language="en")
        for name, host in (("alice", "ville"), ("carl", "ville"), ("ursula", "ville"), ("bob", "ailleurs"))
    }
    city = open_account(Account.Kind.ORGANIZATION, name="Ville", slug="ville")
    join(city, users["alice"], role=Role.ADMIN)
    join(city, users["carl"], role=Role.CONTRIBUTOR)
    join(city, users["ursula"], role=Role.READER)
    return Cast(city, **users)


@pytest.fixture
def city(cast) -> Account:
    """Give the organisation, which speaks English here, so that tests can compare what is said."""
    cast.city.language = "en"
    cast.city.save()
    return cast.city


@pytest.fixture
def media(tmp_path, settings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def dataset(city) -> Dataset:
    """Give a dataset whose rows are served, as far as the database knows."""
    return Dataset.objects.create(
        account=city,
        slug="cities",
        title="Cities",
        status="finalized",
        file_name="cities.csv",
        file_size=12,
        file_mimetype="text/csv",
        version=1,
        row_count=3,
        data_updated_at=timezone.now(),
    )


@pytest.fixture
def upload(city, media):
    """Upload these bytes as a new dataset of the city; nothing reads them yet."""

    def upload(data: bytes, *, name: str = "cities.csv", **options) -> Dataset:
        options = {"account": city, "by": ALICE} | options
        return create_dataset(upload=ContentFile(data, name=name), **options)

    return upload


@pytest.fixture
def ingested(upload):
    """Upload these bytes and have them read; give the dataset as it then is."""

    def ingested(data: bytes, **options) -> Dataset:
        dataset = upload(data, **options)
        ingest(dataset.pk)
        dataset.refresh_from_db()
        return dataset

    return ingested

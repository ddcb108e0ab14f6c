"""The cast of the datasets room: an organisation, its members, an outsider."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Account, User
from accounts.permissions import Role
from accounts.principal import Principal
from accounts.signup import create_user, join, open_account
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

"""Callers of the API: members by role, keys, visitors; and a dataset of trees."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import ApiKey
from datasets.models import Dataset
from webhooks.models.event import Event

API = "/api/v1/datasets"
TREES = """Essence;Hauteur (m);Planté le;Remarquable;Code postal
Tilleul;12,5;2001-03-04;true;01000
Érable;8;1999-11-30;false;38130
Chêne;;1850-01-01;true;38130
Orme "champêtre";21,25;;false;02000
"""


@pytest.fixture
def trees(ingested) -> Dataset:
    return ingested(TREES.encode("latin-1"), name="arbres.csv", title="Arbres", is_public=True)


@pytest.fixture
def visitor() -> Client:
    return Client()


@pytest.fixture
def keyed(account) -> Callable[..., Client]:
    """A function that returns a client with a new key of the account."""

    def keyed(*scopes: str) -> Client:
        _key, clear = ApiKey.objects.issue(account, title="Programme", scopes=list(scopes))
        return Client(headers={"x-apiKey": clear})

    return keyed


@pytest.fixture
def members(sign_in, alice, carl, ursula, bob) -> dict[str, Client]:
    """A client for each person of the cast, and for a visitor."""
    people = {"alice": alice, "carl": carl, "ursula": ursula, "bob": bob}
    return {name: sign_in(user) for name, user in people.items()} | {"visitor": Client()}


def file_of(data: bytes, name: str = "cities.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="text/csv")


def events(prefix: str = "") -> list[str]:
    return list(Event.objects.filter(type__startswith=prefix).order_by("sequence").values_list("type", flat=True))


def body(response) -> bytes:
    """Return the body of a response; reading it to its end closes the file or query behind it."""
    return b"".join(response.streaming_content) if response.streaming else response.content

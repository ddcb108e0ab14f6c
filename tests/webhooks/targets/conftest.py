"""A message such as the courier makes it from an event."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from webhooks.targets import Message

MESSAGE = Message(
    id="0198f3a2c4d57e8f9a0b1c2d3e4f5061",
    type="dataset.finalized",
    event="finalize-end",
    category="dataset",
    label="Un jeu de données a été finalisé et mis en ligne",
    language="fr",
    resource_id="arbres",
    title="Arbres d'alignement",
    page_url="https://pv.example/dataset/arbres",
    api_url="https://pv.example/api/v1/datasets/arbres",
    detail="",
    data={"rows": 12},
    account={"type": "organization", "id": "ville", "name": "Ville"},
    sequence=7,
    occurred_at=datetime(2026, 3, 4, 5, 6, 7, 891000, tzinfo=UTC),
)


@pytest.fixture
def message():
    """A function that makes a message, with the given fields replaced."""

    def message(**changes):
        return replace(MESSAGE, **changes)

    return message

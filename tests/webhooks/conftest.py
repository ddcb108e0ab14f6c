"""Fixtures of the webhooks room."""

import pytest

from accounts.principal import Principal


@pytest.fixture
def by() -> Principal:
    """Name Alice as the author of an act."""
    return Principal(kind="user", id="1", name="Alice")

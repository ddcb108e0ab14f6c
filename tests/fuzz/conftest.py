"""The fixtures of the fuzz tests."""

from collections.abc import Iterator

import pytest
from django.core import signals
from django.db import close_old_connections

from accounts.models import Account, User
from tests.fuzz.portal import Portal


@pytest.fixture
def portal(account: Account, alice: User, carl: User, ursula: User, bob: User) -> Portal:
    return Portal(account, {"admin": alice, "contributor": carl, "reader": ursula, "outsider": bob})


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Let requests run on the connection of the test, as Django's own test client does."""
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)

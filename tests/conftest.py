"""Fixtures that every part of the test tree uses."""

from collections.abc import Iterator

import pytest

from tests.receiver import Receiver

pytest_plugins = ["tests.cast"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a real HTTP receiver on 127.0.0.1 that answers 200 until told otherwise."""
    with Receiver() as receiver:
        yield receiver

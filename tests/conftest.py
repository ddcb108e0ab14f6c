"""Fixtures that every part of the test tree uses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.receiver import Receiver

# What is tested holds on any machine, however busy it is.
hypothesis_settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("any machine")

pytest_plugins = ["tests.cast", "tests.datasets.charting", "tests.key_rings"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A real HTTP receiver on 127.0.0.1 that answers 200 until told otherwise."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(autouse=True)
def _own_cache_and_media(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Let no test see the bells, throttles or files of another."""
    settings.MEDIA_ROOT = tmp_path / "media"
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """Let no test read the language that another's request has left in the thread."""
    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture
def in_english() -> Iterator[None]:
    """Speak English instead of the tests' French: for sentences that the test quotes from the sources."""
    with translation.override("en"):
        yield

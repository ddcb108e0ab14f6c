"""Three keys for tests of their rotation, and how they are set."""

from collections.abc import Callable
from typing import Any

import pytest

A, B, C = ("first-" * 10, "second-" * 10, "third-" * 10)


@pytest.fixture
def keys(settings: Any) -> Callable[..., None]:
    """Return a function that sets the keys as an operator does in the environment; SECRET_KEY is A until then."""

    def keys(secret_key: str, *fallbacks: str, field_keys: tuple[str, ...] = ()) -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = secret_key, list(fallbacks)
        settings.FIELD_KEYS = list(field_keys)

    keys(A)
    return keys

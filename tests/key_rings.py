"""Three keys for tests of their rotation, and how they are set."""

from collections.abc import Callable

import pytest
from django.conf import settings

A, B, C = ("first-" * 10, "second-" * 10, "third-" * 10)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that sets the keys as an operator does in the environment; SECRET_KEY is A until then.

    The fixture `settings` lays one layer over another for each setting: a test may rotate hundreds of times.
    """

    def keys(secret_key: str, *fallbacks: str, field_keys: tuple[str, ...] = ()) -> None:
        monkeypatch.setattr(settings, "SECRET_KEY", secret_key)
        monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", list(fallbacks))
        monkeypatch.setattr(settings, "FIELD_KEYS", list(field_keys))

    keys(A)
    return keys

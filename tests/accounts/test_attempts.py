"""The limit on attempts to sign in."""

import pytest

from accounts import attempts

PASSWORD = "un-mot-de-passe-solide"


@pytest.fixture
def alice(alice):
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def test_no_address_is_kept_in_the_cache_in_clear():
    assert "alice" not in attempts._key("alice@ville.example", "192.0.2.1")

"""What seals and what opens, by the keys of the settings."""

import pytest

from tests.key_rings import A, B, C
from webhooks.encryption import Unsealable, seal, unseal
from webhooks.encryption.keys import key_ring
from webhooks.encryption.sealing import key_of, reseal

# Made with SECRET_KEY = A by the version before FIELD_KEYS.
SEALED_BEFORE = (
    "gAAAAABrBhRXHkcDUo1Ladf2I4uoyMbXMj9T5GWwwzOkqeyBua09uBojCZkLKbLh9dudq-UTGAHYtOyVbdd-XC5dgq"
    "30B6AI8A4bF2DK3yJA6L1u87Wnz3A="
)


def test_what_was_sealed_before_field_keys_stays_readable(keys):
    assert unseal(SEALED_BEFORE) == {"secret": "é"}
    keys(B, A)
    assert unseal(SEALED_BEFORE) == {"secret": "é"}
    keys(B, A, field_keys=[C])
    assert unseal(SEALED_BEFORE) == {"secret": "é"}
    assert unseal(reseal(SEALED_BEFORE)) == {"secret": "é"}


def test_without_field_keys_the_secret_key_seals_and_its_fallbacks_open(keys):
    by_a = seal("s3cret")
    keys(B, A)

    by_b = seal("s3cret")

    assert (key_of(by_a).name, key_of(by_b).name) == ("key 1 of SECRET_KEY_FALLBACKS", "SECRET_KEY")
    keys(B)
    assert unseal(by_b) == "s3cret"
    with pytest.raises(Unsealable):
        unseal(by_a)


def test_the_first_of_field_keys_seals_and_all_open(keys):
    by_a = seal("s3cret")
    keys(A, field_keys=[B])
    by_b = seal("s3cret")
    keys(A, field_keys=[C, B])
    by_c = seal("s3cret")

    assert [key_of(one).name for one in (by_a, by_b, by_c)] == [
        "SECRET_KEY",
        "key 2 of FIELD_KEYS",
        "key 1 of FIELD_KEYS",
    ]
    assert {unseal(one) for one in (by_a, by_b, by_c)} == {"s3cret"}
    keys(B, field_keys=[C])
    assert unseal(by_b) == "s3cret", "a key is the same wherever it stands"
    assert unseal(by_c) == "s3cret"


@pytest.mark.parametrize("garbage", ["", "garbage", "é", "gAAAAA==", "gAAAAABl" + "A" * 64])
def test_garbage_opens_with_no_key(keys, garbage):
    with pytest.raises(Unsealable):
        unseal(garbage)


def test_a_key_ring_shows_no_key(keys):
    keys(A, B, field_keys=[C])

    assert len(key_ring()) == 3
    assert not any(secret in repr(key_ring()) for secret in (A, B, C))

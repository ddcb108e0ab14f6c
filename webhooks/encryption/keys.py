"""The key ring: the keys of the settings, the one that seals first, and all that open."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_MIN_CHARACTERS = 43
"""What 32 random bytes take in base64: a key of FIELD_KEYS should be no shorter."""

KEY_MIN_DISTINCT = 5
"""Distinct characters of a key; the same measure as Django's own of SECRET_KEY (security.W009)."""


@dataclass(frozen=True, slots=True)
class SealingKey:
    """One key of the ring: where operators find it in the settings, and what encrypts with it."""

    name: str
    setting: str
    fernet: Fernet = field(repr=False)


def key_ring() -> tuple[SealingKey, ...]:
    """Return every key that opens, the one that seals first.

    SECRET_KEY and its fallbacks come after FIELD_KEYS and go on opening, so that what they sealed before FIELD_KEYS
    was set stays readable.
    """
    return _ring_of(tuple(settings.FIELD_KEYS), settings.SECRET_KEY, tuple(settings.SECRET_KEY_FALLBACKS))


def is_weak(secret: str) -> bool:
    """Return whether a key of FIELD_KEYS is too short, or of too few characters, to be a random one."""
    return len(secret) < KEY_MIN_CHARACTERS or len(set(secret)) < KEY_MIN_DISTINCT


@lru_cache(maxsize=4)
def _ring_of(field_keys: tuple[str, ...], secret_key: str, fallbacks: tuple[str, ...]) -> tuple[SealingKey, ...]:
    return (
        *_numbered("FIELD_KEYS", field_keys),
        SealingKey("SECRET_KEY", "SECRET_KEY", _fernet_of(secret_key)),
        *_numbered("SECRET_KEY_FALLBACKS", fallbacks),
    )


def _numbered(setting: str, secrets: tuple[str, ...]) -> Iterator[SealingKey]:
    for number, secret in enumerate(secrets, start=1):
        yield SealingKey(f"key {number} of {setting}", setting, _fernet_of(secret))


def _fernet_of(secret: str) -> Fernet:
    # The info is part of the key: another one would make every stored secret unreadable.
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"webhooks.sealing")
    return Fernet(base64.urlsafe_b64encode(kdf.derive(secret.encode())))

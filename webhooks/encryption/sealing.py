"""Seal a value with the first key of the ring, open one with any of them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from cryptography.fernet import InvalidToken

from webhooks.encryption.keys import SealingKey, key_ring
from webhooks.types import Json


class Unsealable(Exception):
    """A sealed value cannot be decrypted: the key that sealed it is not in the settings any more."""


def seal(value: Json | str) -> str:
    """Encrypt and authenticate a JSON value with the first key."""
    return _encrypt(json.dumps(value).encode())


def unseal(sealed: str) -> Any:
    """Decrypt a value with whichever key sealed it; raise `Unsealable`."""
    return json.loads(_decrypt(sealed)[1])


def key_of(sealed: str) -> SealingKey:
    """Return the key that opens a value; raise `Unsealable`."""
    return _decrypt(sealed)[0]


def reseal(sealed: str) -> str:
    """Return the same value sealed with the first key; raise `Unsealable`."""
    return _encrypt(_decrypt(sealed)[1])


def _encrypt(clear: bytes) -> str:
    return key_ring()[0].fernet.encrypt(clear).decode()


def _decrypt(sealed: str) -> tuple[SealingKey, bytes]:
    token = sealed.encode()
    for key in key_ring():
        with suppress(InvalidToken):
            return key, key.fernet.decrypt(token)
    raise Unsealable("A stored secret cannot be read with any key of the settings.")

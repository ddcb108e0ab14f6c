"""Encrypts (seals) secrets before they are stored, so that a copy of the database reveals none."""

import base64
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from webhooks.types import Json


class Unsealable(Exception):
    """A sealed value cannot be decrypted: SECRET_KEY changed and the old key is not among SECRET_KEY_FALLBACKS."""


def seal(value: Json | str) -> str:
    """Encrypt and authenticate a JSON value with SECRET_KEY."""
    return _fernet_of(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).encrypt(json.dumps(value).encode()).decode()


def unseal(sealed: str) -> Any:
    """Decrypt a value with SECRET_KEY or one of its fallbacks; raise `Unsealable`."""
    try:
        return json.loads(_fernet_of(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).decrypt(sealed))
    except InvalidToken as error:
        raise Unsealable("A stored secret cannot be read with the current SECRET_KEY.") from error


@lru_cache(maxsize=4)
def _fernet_of(*secret_keys: str) -> MultiFernet:
    # The info is part of the key: another one would make every stored secret unreadable.
    derived = (HKDF(algorithm=SHA256(), length=32, salt=None, info=b"webhooks.sealing") for _ in secret_keys)
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(kdf.derive(key.encode())))
            for kdf, key in zip(derived, secret_keys, strict=True)
        ]
    )

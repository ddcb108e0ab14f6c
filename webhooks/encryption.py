"""Seal secrets before they are stored, so that a copy of the database gives none away."""

import base64
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unsealable(Exception):
    """What was sealed cannot be read: SECRET_KEY changed and the old key is not among SECRET_KEY_FALLBACKS."""


def seal(value: Any) -> str:  # Any: whatever JSON can hold
    """Encrypt and authenticate a JSON value with SECRET_KEY."""
    return _keys(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).encrypt(json.dumps(value).encode()).decode()


def unseal(sealed: str) -> Any:  # Any: as above
    """Give back what `seal` took, with SECRET_KEY or one of its fallbacks; raise `Unsealable`."""
    try:
        return json.loads(_keys(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).decrypt(sealed))
    except InvalidToken as error:
        raise Unsealable("A stored secret cannot be read with the current SECRET_KEY.") from error


@lru_cache(maxsize=4)
def _keys(*secret_keys: str) -> MultiFernet:
    derived = (HKDF(algorithm=SHA256(), length=32, salt=None, info=b"webhooks.sealing") for _ in secret_keys)
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(kdf.derive(key.encode())))
            for kdf, key in zip(derived, secret_keys, strict=True)
        ]
    )

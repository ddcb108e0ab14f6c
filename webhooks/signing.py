"""Signs as Standard Webhooks 1.0 asks (HMAC-SHA256 over `id.timestamp.body`), with several secrets at once: pure."""

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache

PREFIX = "whsec_"

TOLERANCE_S = 300
"""How far a signed timestamp may be from the receiver's clock (Standard Webhooks 1.0 leaves it open; Svix's value)."""


class SignatureStatus(StrEnum):
    """The result of verifying a signature."""

    VALID = "valid"
    WRONG = "wrong"
    STALE = "stale"
    MISSING = "missing"


def key_of(secret: str) -> bytes:
    """Return the key in a `whsec_…` secret; raise ValueError when it is not base64."""
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


@lru_cache(maxsize=4096)
def texts_of(keys: tuple[bytes, ...]) -> tuple[str, ...]:
    """Return the keys as they stand in `whsec_…` secrets, without the prefix."""
    return tuple(map(_base64, keys))


def sign(keys: Iterable[bytes], *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` header: one `v1,<base64>` for each key, the newest first, separated by spaces."""
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return " ".join(["v1," + _base64(hmac.digest(key, signed, "sha256")) for key in keys])


def verify(keys: Iterable[bytes], *, headers: Mapping[str, str], body: bytes, now: float) -> SignatureStatus:
    """Verify a message as a receiver does: names of `headers` in lower case, `now` in seconds since the epoch."""
    try:
        message_id, timestamp = headers["webhook-id"], int(headers["webhook-timestamp"])
        signatures = headers["webhook-signature"].split()
    except (KeyError, ValueError):
        return SignatureStatus.MISSING
    if abs(int(now) - timestamp) > TOLERANCE_S:  # as integers: a float is too small for some that fit in a header
        return SignatureStatus.STALE
    expected = sign(keys, message_id=message_id, timestamp=timestamp, body=body).split()
    matches = [hmac.compare_digest(one.encode(), other.encode()) for one in signatures for other in expected]
    return SignatureStatus.VALID if any(matches) else SignatureStatus.WRONG


def _base64(digest: bytes) -> str:
    return binascii.b2a_base64(digest, newline=False).decode("ascii")

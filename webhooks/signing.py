"""Sign as Standard Webhooks 1.0 asks (HMAC-SHA256 over `id.timestamp.body`), with several secrets at once."""

import base64
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """Give the key in a `whsec_…` secret; raise ValueError when it is not base64."""
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def sign(keys: Iterable[bytes], *, message_id: str, timestamp: int, body: bytes) -> str:
    """Give the `webhook-signature` header: one `v1,<base64>` for each key, the newest first, separated by spaces."""
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return " ".join("v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)

"""Turns the headers of a request into the lines that libcurl sends, or refuses them: pure."""

import re
from enum import Enum, auto
from functools import lru_cache

from webhooks.egress import messages
from webhooks.egress.url import Blocked

OWN_LINES = ("Expect:", "Accept-Encoding: identity")
"""No waiting for 100 Continue, no compression: what is read and capped is what was sent."""

RESERVED = frozenset(
    {
        *("accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer"),
        *("transfer-encoding", "upgrade"),
    }
)
"""Headers that frame the message or choose the server: the client's own."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def header_lines(headers: tuple[tuple[str, str], ...]) -> list[str] | list[bytes]:
    """Return the lines to send, our own included; raise `Blocked` for a header that cannot or may not be sent."""
    lines = []
    has_type = False
    for name, value in headers:
        kind = _kind(name)
        if kind is _Kind.REFUSED:
            raise Blocked("headers", messages.HEADERS)
        has_type = has_type or kind is _Kind.TYPE
        lines.append(f"{name}: {value}" if value else f"{name};")
    if not has_type:
        lines.append("Content-Type:")  # or libcurl would say that it is a form
    lines += OWN_LINES
    joined = "".join(lines)
    if not joined.isprintable() and _CONTROL.search(joined):
        raise Blocked("headers", messages.HEADERS)
    if joined.isascii():
        return lines
    try:
        return [line.encode("latin-1") for line in lines]
    except UnicodeEncodeError:
        raise Blocked("headers", messages.HEADERS) from None


class _Kind(Enum):
    PLAIN = auto()
    TYPE = auto()
    REFUSED = auto()


@lru_cache(maxsize=1024)
def _kind(name: str) -> _Kind:
    lower = name.lower()
    if _NAME.fullmatch(name) is None or lower in RESERVED or lower.startswith("proxy-"):
        return _Kind.REFUSED
    return _Kind.TYPE if lower == "content-type" else _Kind.PLAIN

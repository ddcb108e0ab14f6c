"""Shows requests without the secrets in them: pure."""

import re
from collections.abc import Iterator
from functools import lru_cache

from webhooks.egress.exchange import OutgoingRequest, text
from webhooks.egress.tokens import MASK, mask_url

_SHORT_ESCAPES = {'"': r"\"", "\\": r"\\", "/": r"\/", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t"}
"""The escapes of JSON that are not `\\u…` (RFC 8259 §7)."""


def shown_url(request: OutgoingRequest) -> str:
    """Return the URL of `request` fit for logs, pages and exports."""
    if request.is_query_public or request.secret_values:
        return _masked_own_url(request.url, request.secret_values, request.is_query_public)
    return mask_url(request.url)


def shown_headers(request: OutgoingRequest) -> tuple[tuple[str, str], ...]:
    """Return the headers of `request` with its secrets masked."""
    if not request.secret_headers and not request.secret_values:
        return request.headers
    names, pattern = request.secret_headers, _pattern_of(request.secret_values)
    if pattern is None:
        return tuple((name, MASK if name.lower() in names else value) for name, value in request.headers)
    return tuple((name, MASK if name.lower() in names else pattern.sub(MASK, value)) for name, value in request.headers)


def shown_body(request: OutgoingRequest) -> str:
    """Return the body of `request` as text, with its secrets masked."""
    return _masked_text(text(request.body), request.secret_values)


@lru_cache(maxsize=4096)
def _masked_own_url(url: str, secret_values: tuple[str, ...], is_query_public: bool) -> str:
    return mask_url(_masked_text(url, secret_values), is_query_public=is_query_public)


def _masked_text(shown: str, secret_values: tuple[str, ...]) -> str:
    pattern = _pattern_of(secret_values)
    return pattern.sub(MASK, shown) if pattern else shown


@lru_cache(maxsize=1024)
def _pattern_of(secret_values: tuple[str, ...]) -> re.Pattern[str] | None:
    """Compile what finds any of `secret_values`, be it plain, percent-encoded or escaped as in JSON; longest first."""
    values = sorted(filter(None, secret_values), key=len, reverse=True)
    return re.compile("|".join("".join(map(_any_spelling, value)) for value in values)) if values else None


def _any_spelling(char: str) -> str:
    return f"(?:{'|'.join(dict.fromkeys(_spellings(char)))})"


def _spellings(char: str) -> Iterator[str]:
    """Yield patterns for every way in which a URL, a form or JSON may write `char`, the plain one last."""
    utf_16 = char.encode("utf-16-be", "surrogatepass").hex()
    yield "(?i:" + "".join(rf"\\u{utf_16[at : at + 4]}" for at in range(0, len(utf_16), 4)) + ")"
    yield "(?i:" + "".join(f"%{byte:02x}" for byte in char.encode("utf-8", "surrogatepass")) + ")"
    if char in _SHORT_ESCAPES:
        yield re.escape(_SHORT_ESCAPES[char])
    if char == " ":
        yield r"\+"
    yield re.escape(char)

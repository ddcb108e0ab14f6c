"""Shows URLs and requests without the secrets in them: pure."""

import re
from collections.abc import Iterator
from functools import lru_cache

from webhooks.egress.exchange import OutgoingRequest, text

MASK = "•••"
"""Stands for a secret wherever one would be shown; where it comes back from a form, the stored secret is kept."""

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<user>[^/?#]*@)?(?P<host>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?.*",
    re.DOTALL,
)
_TOKEN_PATHS: tuple[tuple[str, str], ...] = (
    (r"hooks\.slack(-gov)?\.com", r"/[^/]+/"),
    (r"([a-z]+\.)?discord(app)?\.com", r"/api/(v\d+/)?webhooks/"),
    (r"[^/]+\.webhook\.office\.com", r"/[^/]+/"),
    (r"api\.telegram\.org", r"/bot"),
    (r"maker\.ifttt\.com", r"/trigger/[^/]+/(json/)?with/key/"),
    (r"hook\.([a-z0-9]+\.)?make\.com", r"/"),
    (r"[^/]+", r"/(.*/)?hooks/"),  # Mattermost, Rocket.Chat, Zapier
)
"""Host and leading path of the hooks whose address is the password; what follows is hidden."""
_HOOKS = [re.compile(rf"{host}(:\d+)?(?P<shown>{path}).+", re.IGNORECASE | re.DOTALL) for host, path in _TOKEN_PATHS]

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
def mask_url(url: str, *, is_query_public: bool = False) -> str:
    """Return `url` without its user, the token path of a known hook and, unless it is public, any value of its query.

    It is for URLs that somebody typed: which of their parameters are secret is not known.
    """
    parts = _URL.fullmatch(url)
    if parts is None:
        return MASK
    user = f"{MASK}@" if parts["user"] else ""
    query = parts["query"] or ""
    return (
        parts["scheme"]
        + user
        + parts["host"]
        + _masked_path(parts)
        + (query if is_query_public else _masked_query(query))
    )


@lru_cache(maxsize=4096)
def _masked_own_url(url: str, secret_values: tuple[str, ...], is_query_public: bool) -> str:
    return _masked_text(mask_url(url, is_query_public=is_query_public), secret_values)


def _masked_path(parts: re.Match[str]) -> str:
    for hook in _HOOKS:
        if found := hook.fullmatch(parts["host"] + parts["path"]):
            return found["shown"] + MASK
    return parts["path"]


def _masked_query(query: str) -> str:
    return "?" + "&".join(_masked_pair(pair) for pair in query[1:].split("&")) if query else ""


def _masked_pair(pair: str) -> str:
    """Mask the value, or the whole of a bare word, which may be one."""
    name, equals, _ = pair.partition("=")
    return f"{name}={MASK}" if equals else MASK


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

"""Masks the secrets of a request where its receiver sends them back: pure.

A debugging receiver answers with what it got: a token in a page of errors, a header as JSON, the whole URL as the place
to redirect to. What is shorter than `MIN_CHARS`, or a mere word (see `tokens.may_be_secret`), is left: it would be
found everywhere. Against a receiver that hides what it repeats nothing helps, and nothing needs to: it has the secret.
"""

import base64
import binascii
import html
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus

from webhooks.egress.exchange import OutgoingRequest, Response, text
from webhooks.egress.tokens import MASK, mask_location, may_be_secret, url_secrets

MIN_CHARS = 6

MAX_SPELLINGS = 128
MAX_SECRET_CHARS = 32 * 1024
"""Of all secrets of a request: with more of them its answer is not looked through but hidden as a whole, so that no
webhook can make the courier slow for the others. A usual one has one to thirty spellings."""

MAX_VARIED_CHARS = 256
"""A longer secret is not also looked for with its escapes in the other letter case."""

Headers = tuple[tuple[str, str], ...]

_PLAIN_HEADERS = frozenset(
    {
        *("accept", "accept-charset", "accept-language", "cache-control", "content-language", "date", "dnt", "from"),
        *("origin", "pragma", "prefer", "priority", "referer", "x-requested-with"),
    }
)
"""Headers whose values say nothing secret and stand in many an answer: `application/json`."""

_SCHEME = re.compile(r"(?:[Bb]asic|[Bb]earer|[Dd]igest|[Tt]oken|[Aa]pi-?[Kk]ey|[Kk]ey|[Ss]plunk|GenieKey)[ \t]+(.+)")
_UNESCAPED = re.compile(r"[A-Za-z0-9_.~-]+")
"""What no encoding changes."""
_BETWEEN = re.compile(r"""[\s,;"']+""")
_ESCAPED = re.compile(r"%[0-9A-F]{2}|\\u[0-9a-f]{4}|&#x[0-9a-f]+;")


class Echoes:
    """The secrets of one request, in the ways in which answers write them."""

    def __init__(self, written: tuple[str, ...] | None, fleeting: tuple[str, ...]) -> None:
        self._hides_all = written is None
        self._written = written or ()
        self._fleeting = fleeting

    def masked(self, shown: str) -> str:
        """Return a text of the answer without the secrets."""
        if self._hides_all:
            return MASK if shown else shown
        for one in self._written:
            if one in shown:
                shown = shown.replace(one, MASK)
        for secret in self._fleeting:
            if secret[:2] in shown:  # no encoding changes letters and digits: most answers cost no more than this
                for one in _spellings(secret):
                    shown = shown.replace(one, MASK)
        return shown

    def masked_headers(self, headers: Headers) -> Headers:
        """Return the headers of the answer without the secrets, and without the query of where it redirects to."""
        joined = "\n".join([value for _name, value in headers])
        if self.masked(joined) is not joined:
            headers = tuple((name, self.masked(value)) for name, value in headers)
        if "location" not in {name.lower() for name, _value in headers}:
            return headers
        return tuple((name, mask_location(value) if name.lower() == "location" else value) for name, value in headers)

    def masked_body(self, response: Response) -> str:
        """Return the body of the answer as text without the secrets, nor the half of one where it was cut."""
        shown = text(response.body)
        if not shown:
            return shown
        if response.truncated:
            shown = self._without_half(shown)
        return self.masked(shown)

    def _without_half(self, shown: str) -> str:
        """Return a text that was cut, without the beginning of a secret at its end."""
        shown = shown.rstrip("\ufffd")  # half a character
        for one in (*self._written, *self._fleeting):
            at = shown.find(one[:MIN_CHARS], max(0, len(shown) - len(one) + 1))
            while at >= 0:
                if one.startswith(shown[at:]):
                    return shown[:at] + MASK
                at = shown.find(one[:MIN_CHARS], at + 1)
        return shown


NOTHING_SECRET = Echoes((), ())


def echoes_of(request: OutgoingRequest) -> Echoes:
    """Return what has to be masked in the answer to `request`."""
    names = request.secret_headers
    headers = tuple((name, value) for name, value in request.headers if name.lower() in names) if names else ()
    written = _written(request.url, request.is_query_public, headers, request.secret_values + request.signing_secrets)
    return NOTHING_SECRET if written == () and not request.signatures else Echoes(written, request.signatures)


@lru_cache(maxsize=4096)
def _written(url: str, is_query_public: bool, headers: Headers, values: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return every spelling of every secret, the longest first, so that none leaves the rest of another.

    None stands for more than can be looked for.
    """
    secrets = {*values, *url_secrets(url, is_query_public=is_query_public), *_header_secrets(headers)}
    secrets = {secret for secret in secrets if len(secret) >= MIN_CHARS}
    if sum(map(len, secrets)) > MAX_SECRET_CHARS:
        return None
    found = {one for secret in secrets for one in _spellings(secret)}
    if len(found) > MAX_SPELLINGS:
        return None
    return tuple(sorted(found, key=lambda one: (-len(one), one)))


def _header_secrets(headers: Headers) -> Iterator[str]:
    """Yield the values of `headers` and the credentials in them: of `Basic` what it encodes, of `a=b; c=d` each."""
    for name, value in headers:
        if name.lower() in _PLAIN_HEADERS:
            continue
        scheme = _SCHEME.fullmatch(value)
        credentials = scheme[1].strip() if scheme else value
        parts = [part for part in _BETWEEN.split(credentials) if part]
        candidates = [credentials, *parts, *(part.partition("=")[2] for part in parts)]
        if scheme and value[:5].lower() == "basic":
            candidates += _basic(credentials)
        yield from (one for one in candidates if may_be_secret(name, one))


def _basic(credentials: str) -> Iterable[str]:
    """Return `user:password` and the password of HTTP basic authentication."""
    try:
        pair = base64.b64decode(credentials, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ()
    return pair, pair.partition(":")[2]


def _spellings(secret: str) -> set[str]:
    """Return how answers write `secret`: plain, percent-encoded, as in JSON, as in HTML, in a misread encoding."""
    if _UNESCAPED.fullmatch(secret):
        return {secret}
    as_json = {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    as_html = html.escape(secret)
    found = {
        secret,
        *_misread(secret),
        *(quote(secret, safe=safe) for safe in ("", "/", "/:@!$&'()*+,;=-._~", "!*'()")),
        quote_plus(secret),
        *as_json,
        *(one.replace("/", "\\/") for one in as_json),
        as_html,
        as_html.replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        html.escape(secret, quote=False),
    }
    if len(secret) <= MAX_VARIED_CHARS:
        found |= {_ESCAPED.sub(lambda escape: escape[0].lower(), one) for one in found}
        found |= {_ESCAPED.sub(lambda escape: escape[0][:2] + escape[0][2:].upper(), one) for one in found}
    return found


def _misread(secret: str) -> Iterator[str]:
    """Yield what becomes of `secret` where UTF-8 is read as Latin-1, as in headers, and the other way round."""
    if not secret.isascii():
        yield secret.encode("utf-8", "replace").decode("latin-1")
        if all(ord(char) < 256 for char in secret):
            yield secret.encode("latin-1").decode("utf-8", "replace")

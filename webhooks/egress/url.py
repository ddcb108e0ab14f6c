"""One strict parser of URLs, so that what was checked is what the client dials: pure."""

import re
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from typing import Self
from urllib.parse import quote

import idna

from webhooks.egress import messages
from webhooks.egress.networks import Address, unwrap

MAX_LENGTH = 2048
"""Characters of a URL, as typed and once normalised."""

DEFAULT_PORTS = {"http": 80, "https": 443}

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?"
)
_AUTHORITY = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]]+))(?::(?P<port>[0-9]{0,5}))?")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})?")
NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_SAFE = "/:@!$&'()*+,;=-._~%"


class Blocked(Exception):
    """This URL or address may not be called: `code` for programs, `message` an English source string for gettext."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Url:
    """A URL taken apart: host lower-case in A-labels (IPv6 without brackets), path and query percent-encoded."""

    scheme: str
    host: str
    port: int
    target: str
    address: Address | None
    """The address when the host is one, an IPv4-mapped one as IPv4."""

    @classmethod
    def parse(cls, text: str, *, known_hosts: frozenset[str] = frozenset()) -> Self:
        """Read `text` strictly, or raise `Blocked`; a host of `known_hosts` may have an underscore."""
        text = text.strip()
        if len(text) > MAX_LENGTH:
            raise Blocked("too_long", messages.TOO_LONG)
        if " " in text or not text.isprintable():
            raise Blocked("characters", messages.CHARACTERS)
        parts = _URL.fullmatch(text)
        if parts is None:
            raise Blocked("malformed", messages.INCOMPLETE)
        scheme = parts["scheme"].lower()
        if scheme not in DEFAULT_PORTS:
            raise Blocked("scheme", messages.SCHEME)
        host, address, port = _read_authority(parts["authority"], known_hosts)
        target = _encoded(parts["path"] or "/", _SAFE) + _encoded(parts["query"] or "", _SAFE + "?")
        url = cls(scheme, host, DEFAULT_PORTS[scheme] if port is None else port, target, address)
        if len(url.text) > MAX_LENGTH:
            raise Blocked("too_long", messages.TOO_LONG)
        return url

    def __str__(self) -> str:
        return self.text

    @cached_property
    def text(self) -> str:
        """The URL put together again: plain ASCII, without fragment and default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"


def normalised_host(text: str) -> str:
    """Return a host name in lower-case A-labels without its final dot; raise `Blocked` when it is not valid."""
    try:
        return idna.encode(text, uts46=True).decode("ascii").removesuffix(".")
    except UnicodeError:
        raise Blocked("host", messages.HOST) from None


def ends_in_a_number(host: str) -> bool:
    """Return whether resolvers would read `host` as an address in some spelling (WHATWG URL, "ends in a number")."""
    return _NUMERIC.fullmatch(host.rpartition(".")[2]) is not None


def _read_authority(text: str, known_hosts: frozenset[str]) -> tuple[str, Address | None, int | None]:
    if "@" in text:
        raise Blocked("userinfo", messages.USERINFO)
    parts = _AUTHORITY.fullmatch(text)
    if parts is None or any(char in text for char in "\\%"):
        raise Blocked("malformed", messages.AUTHORITY)
    port = int(parts["port"]) if parts["port"] else None
    if port is not None and not 1 <= port <= 65535:
        raise Blocked("malformed", messages.AUTHORITY)
    if parts["v6"] is not None:
        return *_read_literal(parts["v6"], IPv6Address), port
    return *_read_host(parts["host"], known_hosts), port


def _read_host(text: str, known_hosts: frozenset[str]) -> tuple[str, Address | None]:
    """Return the normalised name, or the address when it is written in the one accepted way: four decimal numbers."""
    known = text.lower().removesuffix(".")
    host = known if known in known_hosts and NAME.fullmatch(known) else normalised_host(text)
    if not ends_in_a_number(host):
        return host, None
    return _read_literal(text, IPv4Address)


def _read_literal(text: str, kind: type[IPv4Address] | type[IPv6Address]) -> tuple[str, Address]:
    try:
        kind(text)
        address = unwrap(text)
    except ValueError:
        raise Blocked("malformed", messages.AUTHORITY) from None
    return str(address), address


def _encoded(text: str, safe: str) -> str:
    """Percent-encode what may not stand in a URL; what is so already is put in upper case, as libcurl does."""
    return quote(_PERCENT.sub(lambda found: found[0].upper() if found[1] else "%25", text), safe=safe)

"""The entries of EGRESS_ALLOW: what an operator opens besides the public internet. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network

from webhooks.egress.networks import Address, Network
from webhooks.egress.url import NAME, Blocked, ends_in_a_number, normalised_host

ANY_PORT = 0

_WITH_PORT = re.compile(r"(?P<what>\[[^\]]*\]|[^:\[\]]*):(?P<port>\*|[0-9]{1,5})")


@dataclass(frozen=True)
class Opening:
    """A network or a name, and the port on it: None for the ordinary ones, `ANY_PORT` for every one."""

    network: Network | None
    name: str
    port: int | None

    def has_any(self, addresses: Iterable[Address]) -> bool:
        """Return whether one of `addresses` lies in the network."""
        return self.network is not None and any(address in self.network for address in addresses)

    def has_name(self, host: str) -> bool:
        """Return whether `host` is the name, or lies under it."""
        return bool(self.name) and opens_name((self.name,), host)


def read_entry(entry: str) -> Opening:
    """Return what an entry opens; raise ValueError.

    An entry is a network (CIDR), an address, a host name, or `*.suffix` (`.suffix`). Alone it opens the ordinary ports
    there; with `:9200` that port and no other, with `:*` every port. IPv6 before a port stands in brackets.
    """
    found = _WITH_PORT.fullmatch(entry)
    what, port = (found["what"], _read_port(found["port"], entry)) if found else (entry, None)
    try:
        return Opening(ip_network(what.strip("[]")), "", port)
    except ValueError:
        return Opening(None, _read_name(what, entry), port)


def opens_name(names: Iterable[str], host: str) -> bool:
    """Return whether one of `names` is `host`, or a suffix with a dot first under which it lies."""
    return any(host == name or (name.startswith(".") and host.endswith(name)) for name in names)


def is_localhost(host: str) -> bool:
    """Return whether `host` is a name of this very machine (RFC 6761 §6.3)."""
    return host == "localhost" or host.endswith(".localhost")


def _read_port(text: str, entry: str) -> int:
    if text == "*":
        return ANY_PORT
    if not 1 <= int(text) <= 65535:
        raise ValueError(f"EGRESS_ALLOW: {entry!r} has no valid port")
    return int(text)


def _read_name(what: str, entry: str) -> str:
    """Return a host name normalised; `*.suffix` and `.suffix` become `.suffix`; raise ValueError."""
    name = what.lower().removesuffix(".").removeprefix("*")
    dot = "." if name.startswith(".") else ""
    try:
        name = name.removeprefix(".")
        host = name if NAME.fullmatch(name) else normalised_host(name)
    except Blocked:
        host = ""
    if not host or "/" in what or ends_in_a_number(host):
        raise ValueError(f"EGRESS_ALLOW: {entry!r} is neither a network, an address nor a host name")
    return dot + host

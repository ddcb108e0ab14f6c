"""May this URL, this address be called? One pure policy for every outgoing call of the project."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Self

from webhooks.egress import messages
from webhooks.egress.networks import Network, in_any, is_metadata, is_public, unwrap
from webhooks.egress.url import NAME, Blocked, Url, ends_in_a_number, normalised_host

__all__ = ["Blocked", "Policy"]

OPEN_PORTS = frozenset({80, 443, 8080, 8443})
FIRST_FREE_PORT = 1024
SERVICE_PORTS = frozenset(
    {
        *(1433, 1521, 2375, 2376, 2379, 2380, 3306, 3389, 5432, 5672, 5900, 5984, 6379, 6380, 6432, 6443, 7199, 8086),
        *(9042, 9200, 9300, 10250, 11211, 26379, 27017, 27018, 27019, 28015, 50000),
    }
)
"""Databases, caches, brokers and remote control above 1024: never a webhook on a public host."""

PRIVATE_SUFFIXES = ("localdomain", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa", "svc")
"""Last labels that only a private network knows (RFC 6762, RFC 8375, ICANN's .internal, Kubernetes' .svc)."""

LOOPBACK = (ip_address("127.0.0.1"), ip_address("::1"))

METADATA_HOSTS = frozenset(
    {
        *("metadata", "metadata.google.internal", "metadata.goog", "metadata.azure.internal", "metadata.azure.com"),
        *("instance-data", "instance-data.ec2.internal", "metadata.tencentyun.com", "metadata.platformequinix.com"),
    }
)


@dataclass(frozen=True)
class Policy:
    """What may be called: the public internet, and what the operator opened by network or by host name."""

    allow_networks: tuple[Network, ...] = ()
    allow_hosts: frozenset[str] = frozenset()
    """Lower-case names; one that starts with a dot opens every name under it."""
    https_only: bool = False

    @classmethod
    def from_allow(cls, entries: Iterable[str], *, https_only: bool = False) -> Self:
        """Read the entries of EGRESS_ALLOW: networks (CIDR), addresses, host names, `*.suffix`; raise ValueError."""
        networks: list[Network] = []
        hosts: set[str] = set()
        for entry in filter(None, (entry.strip() for entry in entries)):
            try:
                networks.append(ip_network(entry.strip("[]")))
            except ValueError:
                hosts.add(_read_name(entry))
        return cls(tuple(networks), frozenset(hosts), https_only)

    def check_url(self, text: str) -> str:
        """Return the URL normalised; raise `Blocked`. A host name is not resolved here: see `judge_address`."""
        return self.parse(text).text

    def parse(self, text: str) -> Url:
        """Like `check_url`, but return the URL taken apart."""
        url = Url.parse(text, known_hosts=self.allow_hosts)
        if self.https_only and url.scheme != "https":
            raise Blocked("https_only", messages.HTTPS_ONLY)
        if url.address is not None:
            self.judge_address(url.host, url.host, url.port)
        else:
            self._judge_host(url.host)
            self._judge_port(url.port, is_open=self._opens_host(url.host) or self._opens_localhost(url.host))
        return url

    def judge_address(self, ip: str, host: str, port: int) -> None:
        """Raise `Blocked` unless the address `ip` may be dialled on `port` on behalf of `host`.

        This is the actual control, at the moment of dialling, since a name can point anywhere. `ip` is an address as
        the resolver returns it (a zone is ignored); `host` is the normalised host of the URL.
        """
        address = unwrap(ip.partition("%")[0])
        if is_metadata(address):
            raise Blocked("metadata", messages.METADATA)
        is_open = (
            in_any(address, self.allow_networks)
            or self._opens_host(host)
            or (address.is_loopback and self._opens_localhost(host))
        )
        if not is_open and not is_public(address):
            raise Blocked("address", messages.PRIVATE)
        self._judge_port(port, is_open=is_open)

    def allows_all(self, addresses: Iterable[str], host: str, port: int) -> bool:
        """Return whether every one of the addresses found for `host` may be dialled: else none of them is."""
        try:
            for address in addresses:
                self.judge_address(address, host, port)
        except (Blocked, ValueError):
            return False
        return True

    def _judge_host(self, host: str) -> None:
        if host in METADATA_HOSTS:
            raise Blocked("metadata", messages.METADATA)
        if self._opens_host(host) or self._opens_localhost(host):
            return
        if "." not in host or _is_localhost(host) or any(host.endswith(f".{suffix}") for suffix in PRIVATE_SUFFIXES):
            raise Blocked("host", messages.PRIVATE)

    def _judge_port(self, port: int, *, is_open: bool) -> None:
        if not is_open and port not in OPEN_PORTS and (port < FIRST_FREE_PORT or port in SERVICE_PORTS):
            raise Blocked("port", messages.PORT)

    def _opens_host(self, host: str) -> bool:
        if host in self.allow_hosts:
            return True
        return any(suffix.startswith(".") and host.endswith(suffix) for suffix in self.allow_hosts)

    def _opens_localhost(self, host: str) -> bool:
        """Return whether `host` is a name of this very machine, whose loopback network is open."""
        return _is_localhost(host) and any(in_any(address, self.allow_networks) for address in LOOPBACK)


def _is_localhost(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _read_name(entry: str) -> str:
    """Return a host name of EGRESS_ALLOW normalised; `*.suffix` and `.suffix` become `.suffix`; raise ValueError."""
    name = entry.lower().removesuffix(".").removeprefix("*")
    dot = "." if name.startswith(".") else ""
    try:
        name = name.removeprefix(".")
        host = name if NAME.fullmatch(name) else normalised_host(name)
    except Blocked:
        host = ""
    if not host or "/" in entry or ends_in_a_number(host):
        raise ValueError(f"EGRESS_ALLOW: {entry!r} is neither a network, an address nor a host name")
    return dot + host

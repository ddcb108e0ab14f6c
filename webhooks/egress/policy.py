"""May this URL, this address be called? One pure policy for every outgoing call of the project."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from typing import Self

from webhooks.egress import messages
from webhooks.egress.allow import ANY_PORT, Opening, is_localhost, opens_name, read_entry
from webhooks.egress.networks import Address, Network, in_any, is_metadata, is_public, unwrap
from webhooks.egress.ports import is_ordinary
from webhooks.egress.url import Blocked, Url

__all__ = ["Blocked", "Policy"]

PRIVATE_SUFFIXES = tuple(
    f".{label}" for label in ("localdomain", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa", "svc")
)
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
    allow_ports: tuple[Opening, ...] = ()
    """What the operator opened with the port: nothing else opens one that is not ordinary."""
    https_only: bool = False

    @classmethod
    def from_allow(cls, entries: Iterable[str], *, https_only: bool = False) -> Self:
        """Read the entries of EGRESS_ALLOW, see `allow.read_entry`; raise ValueError."""
        openings = [read_entry(entry) for entry in filter(None, (entry.strip() for entry in entries))]
        plain = [opening for opening in openings if opening.port in {None, ANY_PORT}]
        return cls(
            tuple(opening.network for opening in plain if opening.network is not None),
            frozenset(opening.name for opening in plain if opening.name),
            tuple(opening for opening in openings if opening.port is not None),
            https_only,
        )

    def check_url(self, text: str) -> str:
        """Return the URL normalised; raise `Blocked`. A host name is not resolved here: see `judge_address`."""
        return self.parse(text).text

    def parse(self, text: str) -> Url:
        """Like `check_url`, but return the URL taken apart."""
        url = Url.parse(text, known_hosts=self._known_hosts)
        if self.https_only and url.scheme != "https":
            raise Blocked("https_only", messages.HTTPS_ONLY)
        if url.address is not None:
            self.judge_address(url.host, url.host, url.port)
        else:
            self._judge_name(url.host, url.port)
        return url

    def judge_address(self, ip: str, host: str, port: int) -> None:
        """Raise `Blocked` unless the address `ip` may be dialled on `port` on behalf of `host`.

        This is the actual control, at the moment of dialling, since a name can point anywhere. `ip` is an address as
        the resolver returns it (a zone is ignored); `host` is the normalised host of the URL.
        """
        address = unwrap(ip.partition("%")[0])
        if is_metadata(address):
            raise Blocked("metadata", messages.METADATA)
        same = (address, *LOOPBACK) if address.is_loopback and is_localhost(host) else (address,)
        if self._opens_port(same, host, port):
            return
        if not (is_public(address) or self._opens(same, host)):
            raise Blocked("address", messages.PRIVATE)
        _judge_port(port)

    def allows_all(self, addresses: Iterable[str], host: str, port: int) -> bool:
        """Return whether every one of the addresses found for `host` may be dialled: else none of them is."""
        try:
            for address in addresses:
                self.judge_address(address, host, port)
        except (Blocked, ValueError):
            return False
        return True

    def _judge_name(self, host: str, port: int) -> None:
        if host in METADATA_HOSTS:
            raise Blocked("metadata", messages.METADATA)
        same = LOOPBACK if is_localhost(host) else ()
        if self._opens_port(same, host, port):
            return
        is_private = "." not in host or is_localhost(host) or host.endswith(PRIVATE_SUFFIXES)
        if is_private and not self._opens(same, host):
            raise Blocked("host", messages.PRIVATE)
        _judge_port(port)

    def _opens(self, addresses: tuple[Address, ...], host: str) -> bool:
        """Return whether an entry opens one of `addresses` or `host`, at the ordinary ports."""
        return opens_name(self.allow_hosts, host) or any(in_any(address, self.allow_networks) for address in addresses)

    def _opens_port(self, addresses: tuple[Address, ...], host: str, port: int) -> bool:
        """Return whether an entry with this very port, or with every port, opens one of `addresses` or `host`."""
        return any(
            opening.port in {port, ANY_PORT} and (opening.has_any(addresses) or opening.has_name(host))
            for opening in self.allow_ports
        )

    @cached_property
    def _known_hosts(self) -> frozenset[str]:
        return self.allow_hosts | {opening.name for opening in self.allow_ports if opening.name}


def _judge_port(port: int) -> None:
    if not is_ordinary(port):
        raise Blocked("port", messages.PORT)

"""Which kept connection may be used again, and for whom: see docs/http.md."""

import contextlib
import socket
import struct
from collections.abc import Iterator

from webhooks.egress.names import Lookup

MAX_POOLS = 10_000
"""Pools that are remembered; the one that was used longest ago goes first."""

Ends = tuple[str, str, int, int]
"""Both ends of a connection: the remote address, the local address, the remote port, the local port."""


class ConnectionPool:
    """The connections of one group to one host and port: libcurl keeps them under a name that it alone knows.

    libcurl shares connections between all transfers that connect to the same name. So each pool connects to a name of
    its own, under a domain that cannot exist (RFC 6761 §6.4), and libcurl is told the addresses of it.
    """

    __slots__ = ("connect_to", "lookup", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.connect_to = [f"::{name}:"]
        """CURLOPT_CONNECT_TO: whatever the host and port of the URL, this name and the same port."""
        self.lookup: Lookup | None = None
        """The result whose addresses libcurl was told."""


class ConnectionPools:
    """The pool of each group, host and port."""

    def __init__(self) -> None:
        self._pools: dict[tuple[int, str, int], ConnectionPool] = {}
        self._opened = 0
        self._outdated: list[str] = []

    def of(self, group: int, host: str, port: int) -> ConnectionPool:
        """Return the pool of `group` to `host` and `port`, a new one when there is none."""
        key = (group, host, port)
        pool = self._pools.pop(key, None)
        if pool is None:
            self._opened += 1
            pool = ConnectionPool(f"{self._opened}.invalid")
            if len(self._pools) >= MAX_POOLS:
                oldest = next(iter(self._pools))
                self._outdated.append(f"-{self._pools.pop(oldest).name}:{oldest[2]}")
        self._pools[key] = pool  # the last one: the first was used longest ago
        return pool

    def outdated(self) -> list[str]:
        """Return, once, what tells libcurl to forget the names of pools that are gone."""
        outdated, self._outdated = self._outdated, []
        return outdated


class KeptConnections:
    """The idle connections that may be used again, each by the pool that left it in order."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._kept: dict[Ends, str] = {}

    def keep(self, ends: Ends, pool: str) -> None:
        """Let `pool` use this connection again; the one that was kept longest ago is let go beyond the limit."""
        self._kept[ends] = pool
        if len(self._kept) > self._limit:
            del self._kept[next(iter(self._kept))]

    def take(self, ends: Ends, pool: str) -> bool:
        """Return whether `pool` may use this connection again; from now on nobody may, until it is kept anew."""
        return self._kept.pop(ends, None) == pool

    def drop(self, fd: int) -> None:
        """Hang up the connection of `fd`, which became readable, if it is a kept one: nothing was due on it."""
        with contextlib.suppress(OSError), _borrowed(fd) as connection:
            (address, port, *_), (local_address, local_port, *_) = connection.getpeername(), connection.getsockname()
            if self._kept.pop((address, local_address, port, local_port), None) is not None:
                connection.shutdown(socket.SHUT_RDWR)


def hang_up(fd: int) -> None:
    """End the connection of a socket that libcurl keeps: libcurl finds it dead, and closes it."""
    with contextlib.suppress(OSError), _borrowed(fd) as connection:
        connection.shutdown(socket.SHUT_RDWR)


def bytes_received(fd: int) -> int:
    """Return how many bytes have come on a socket since it was opened, as far as the system tells: only Linux does."""
    with contextlib.suppress(OSError, AttributeError, struct.error), _borrowed(fd) as connection:
        (received,) = struct.unpack_from("=Q", connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 136), 128)
        return int(received)  # tcpi_bytes_received of <linux/tcp.h>
    return 0


@contextlib.contextmanager
def _borrowed(fd: int) -> Iterator[socket.socket]:
    """Lend the socket of `fd`, and leave it open."""
    connection = socket.socket(fileno=fd)
    try:
        yield connection
    finally:
        connection.detach()

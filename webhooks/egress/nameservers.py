"""Asks name servers, any number of questions at once, in the thread of the caller: c-ares, as docs/dns.md describes."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from math import inf
from time import monotonic

import pycares

from webhooks.egress.poller import ERROR, READ, WRITE, Poller

FLAGS = pycares.ARES_FLAG_NOSEARCH | pycares.ARES_FLAG_NOALIASES | pycares.ARES_FLAG_EDNS
"""No search domains, which would lead a public name inside; no HOSTALIASES of the environment."""

NO_SORT = 1 << 7
"""ARES_AI_NOSORT (ares.h, not in pycares): to sort addresses c-ares opens a socket for each of them."""

TIMEOUT_S, TRIES = 1.0, 4
"""So often each server is asked. The first question waits so long, or little longer than the server usually takes;
each next one twice as long."""

RESOLV_CONF = "/etc/resolv.conf"
CHECK_INTERVAL_S = 5.0
"""How often to look whether it was changed: then c-ares reads it anew, and forgets what it kept."""

NO_SUCH_ADDRESS = frozenset({pycares.errno.ARES_ENOTFOUND, pycares.errno.ARES_ENODATA, pycares.errno.ARES_EBADNAME})
"""Answers of DNS; every other error means that DNS did not answer."""

_SERVER = re.compile(r"(?:\[(?P<bracketed>[^\]]+)\]|(?P<v4>[0-9.]+))(?::(?P<port>[0-9]{1,5}))?")

NO_FD: int = pycares.ARES_SOCKET_BAD


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a question: the addresses, IPv4 and IPv6 in turn, or none, and whether DNS said so."""

    host: str
    addresses: tuple[str, ...]
    is_answer: bool


class NameServers:
    """The hosts file and the name servers of the machine, or `servers` (`address[:port]`) in place of these.

    Its owner, one thread, waits with `poller` for at most `timeout_s()`, calls `process` for each ready socket of `fds`
    and then `take`.
    """

    def __init__(self, servers: tuple[str, ...], poller: Poller, *, resolv_conf: str = RESOLV_CONF) -> None:
        self.fds: set[int] = set()
        self._servers = servers
        self._poller = poller
        self._resolv_conf = resolv_conf
        self._channel: pycares.Channel | None = None
        self._asked: set[str] = set()
        self._answers: list[Answer] = []
        self._timer_s = inf
        self._checked_s = -inf
        self._must_forget = False
        self._version = _version_of(resolv_conf)

    @property
    def is_busy(self) -> bool:
        """Whether there are questions without an answer, or answers to take."""
        return bool(self._asked or self._answers)

    def ask(self, host: str) -> None:
        """Ask for the addresses of `host`, unless that is under way; the answer may be there at once."""
        if host in self._asked:
            return
        self._asked.add(host)
        self._open().getaddrinfo(
            host, None, type=socket.SOCK_STREAM, flags=NO_SORT, callback=partial(self._answer, host)
        )
        self._set_timer()

    def timeout_s(self) -> float:
        """Return the seconds until `take` has something to do even if no socket is ready."""
        return 0.0 if self._answers else max(0.0, self._timer_s - monotonic())

    def process(self, fd: int, ready: int) -> None:
        """Read from and write to a socket that is ready."""
        if self._channel is not None:
            reads, writes = ready & (READ | ERROR), ready & (WRITE | ERROR)
            self._channel.process_fd(fd if reads else NO_FD, fd if writes else NO_FD)
            self._set_timer()

    def take(self) -> list[Answer]:
        """Return the answers since the last call; ask again what is due."""
        if self._channel is not None and monotonic() >= self._timer_s:
            self._channel.process_fd(NO_FD, NO_FD)
            self._set_timer()
        if self._must_forget and self._channel is not None:
            self._must_forget = False
            self._channel.reinit()
        answers, self._answers = self._answers, []
        return answers

    def close(self) -> None:
        """Stop; nothing is told any more. The channel is freed in a thread of pycares's own."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.cancel()
            channel.close()
        self._asked.clear()
        self._answers.clear()

    def _open(self) -> pycares.Channel:
        if self._channel is None:
            # Not its own resolvconf_path, lookups or domains: pycares 5.2 frees these before c-ares reads them.
            self._channel = pycares.Channel(flags=FLAGS, timeout=TIMEOUT_S, tries=TRIES, sock_state_cb=self._watch)
            if self._servers:
                self._channel.servers = self._servers
        elif monotonic() - self._checked_s >= CHECK_INTERVAL_S:
            self._checked_s = monotonic()
            if (version := _version_of(self._resolv_conf)) != self._version:
                self._version = version
                self._channel.reinit()
        return self._channel

    def _set_timer(self) -> None:
        if self._channel is None or not self._asked:
            self._timer_s = inf
            return
        timeout_s: Callable[[], float] = self._channel.timeout
        self._timer_s = monotonic() + timeout_s()

    def _answer(self, host: str, result: pycares.AddrInfoResult | None, error: int | None) -> None:
        self._asked.discard(host)
        found = [node.addr[0] for node in result.nodes] if result else []
        addresses = [address.decode() if isinstance(address, bytes) else str(address) for address in found]
        # c-ares keeps "no such record" for as much as an hour, whatever the answer says, until it is set up anew.
        self._must_forget = self._must_forget or error == pycares.errno.ARES_ENODATA
        is_answer = error is None or error in NO_SUCH_ADDRESS
        self._answers.append(Answer(host, _in_turn(addresses), is_answer))

    def _watch(self, fd: int, readable: bool, writable: bool) -> None:
        """Watch or forget a socket, as c-ares asks; when the channel is freed, in a thread of pycares's own."""
        if self._channel is None:
            return
        if readable or writable:
            self.fds.add(fd)
            self._poller.watch(fd, readable * READ | writable * WRITE)
        else:
            self.fds.discard(fd)
            self._poller.forget(fd)


def read_servers(entries: Iterable[str]) -> tuple[str, ...]:
    """Return EGRESS_DNS_SERVERS (`192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:53`); raise ValueError."""
    servers = tuple(filter(None, (entry.strip() for entry in entries)))
    for server in servers:
        parts = _SERVER.fullmatch(server)
        try:
            ip_address((parts["bracketed"] or parts["v4"]) if parts else server)
            is_valid = 1 <= int(parts["port"] or 53) <= 65535 if parts else True
        except ValueError:
            is_valid = False
        if not is_valid:
            raise ValueError(f"EGRESS_DNS_SERVERS: {server!r} is not the address of a name server")
    return servers


def _in_turn(addresses: list[str]) -> tuple[str, ...]:
    """Return the addresses without duplicates, IPv4 and IPv6 in turn: whichever family works is among the first."""
    unique = dict.fromkeys(addresses)
    v4 = [address for address in unique if ":" not in address]
    v6 = [address for address in unique if ":" in address]
    pairs = min(len(v4), len(v6))
    mixed = [address for pair in zip(v4, v6, strict=False) for address in pair]
    return (*mixed, *v4[pairs:], *v6[pairs:])


def _version_of(path: str) -> tuple[int, int, int]:
    """Return what changes when the file does."""
    try:
        found = os.stat(path)
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_ino, found.st_size

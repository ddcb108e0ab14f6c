"""Resolves host names in threads, so that a name server that does not answer never delays other requests."""

import contextlib
import socket
import threading
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from queue import Empty, SimpleQueue
from time import monotonic

FRESH_S = 60.0
"""Seconds for which the addresses of a name are cached (libcurl's own default)."""

FAILED_S = 3.0
"""The same for a name that could not be resolved: shorter than the first delay of the retry schedule."""

MAX_THREADS = 64
"""Look-ups under way at once; one whose name server is silent holds its thread for a time-out, often 10 s."""

MAX_CACHED_NAMES = 10_000
"""Names in the cache before those that are out of date are dropped."""


@dataclass(frozen=True, eq=False, slots=True)
class Lookup:
    """The result of a look-up: every address in the resolver's order, none when the name could not be resolved."""

    addresses: tuple[str, ...]
    expires_at_s: float


def resolve(host: str) -> tuple[str, ...]:
    """Return every address of `host`, IPv4 and IPv6, without duplicates; none when it cannot be resolved. Blocks."""
    try:
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(address[0]) for *_, address in answers))


@lru_cache(maxsize=4096)
def literal(address: str) -> Lookup:
    """Return the result for a host that is an address, the same one at each call."""
    return Lookup((address,), inf)


class Resolver:
    """Look-ups in threads of their own, one at a time for each name, remembered for a while.

    Its owner, one thread, watches `fileno()` and calls `finished()` when that is readable.
    """

    def __init__(self) -> None:
        self._known: dict[str, Lookup] = {}
        self._under_way: set[str] = set()
        self._wanted: SimpleQueue[str] = SimpleQueue()
        self._done: SimpleQueue[tuple[str, tuple[str, ...]] | None] = SimpleQueue()
        self._threads = 0
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def fileno(self) -> int:
        return self._reader.fileno()

    def get(self, host: str) -> Lookup | None:
        """Return the cached look-up of `host`, or start one and return None."""
        known = self._known.get(host)
        if known is not None and known.expires_at_s > monotonic():
            return known
        if host not in self._under_way:
            self._under_way.add(host)
            self._wanted.put(host)
            self._start_thread()
        return None

    def finished(self) -> list[tuple[str, Lookup]]:
        """Return the names whose look-up ended since the last call, each with its result."""
        with contextlib.suppress(BlockingIOError):
            self._reader.recv(4096)
        finished = []
        while not self._done.empty():
            done = self._done.get()
            if done is None:
                self._threads -= 1
                self._start_thread()
                continue
            host, addresses = done
            self._under_way.discard(host)
            lookup = Lookup(addresses, monotonic() + (FRESH_S if addresses else FAILED_S))
            self._known[host] = lookup
            finished.append((host, lookup))
        if len(self._known) > MAX_CACHED_NAMES:
            self._known = {host: known for host, known in self._known.items() if known.expires_at_s > monotonic()}
        return finished

    def close(self) -> None:
        """Stop; the result of a look-up under way is ignored."""
        while not self._wanted.empty():
            self._wanted.get()
        self._reader.close()
        self._writer.close()

    def _start_thread(self) -> None:
        if self._threads < MAX_THREADS and not self._wanted.empty():
            self._threads += 1
            threading.Thread(target=self._work, name="resolver", daemon=True).start()

    def _work(self) -> None:
        """Look up until the queue is empty; wake the owner after each one."""
        done: tuple[str, tuple[str, ...]] | None = ("", ())
        while done is not None:
            try:
                host = self._wanted.get_nowait()
            except Empty:
                done = None
            else:
                done = (host, resolve(host))
            self._done.put(done)
            with contextlib.suppress(OSError):
                self._writer.send(b".")

"""Waits until sockets are ready, and says so in libcurl's terms."""

import select
from collections.abc import Callable

READ, WRITE, ERROR = 1, 2, 4
"""CURL_CSELECT_IN, _OUT and _ERR; the first two are also CURL_POLL_IN and _OUT."""

_EVENTS = (0, select.POLLIN, select.POLLOUT, select.POLLIN | select.POLLOUT)
"""By what is wanted; the constants of epoll have the same values."""

_FAILED = select.POLLERR | select.POLLHUP | select.POLLNVAL
_READINESS = tuple(
    bool(events & select.POLLIN) * READ | bool(events & select.POLLOUT) * WRITE | bool(events & _FAILED) * ERROR
    for events in range(64)
)
"""By the events that are reported."""


class Poller:
    """A set of watched sockets: epoll, or poll(2) where there is none (macOS), whose objects differ in little.

    It forgets lazily: a connection that is kept for the next request stays registered, which saves two system calls
    per request, and `on_unwatched` is called when something comes on it that nobody waits for. A closed socket leaves
    epoll by itself, and its number may come back as another socket: so `watch` asks the kernel whether it is
    registered. (The `selectors` module remembers it instead, and would miss the change.)
    """

    def __init__(self, on_unwatched: Callable[[int], None]) -> None:
        self._on_unwatched = on_unwatched
        has_epoll = hasattr(select, "epoll")
        self._poll = select.epoll() if has_epoll else select.poll()
        self._units_per_s = 1 if has_epoll else 1000
        self._watched: set[int] = set()

    def watch(self, fd: int, wanted: int) -> None:
        """Watch `fd` for READ, WRITE or both, in place of what it was watched for."""
        self._watched.add(fd)
        try:
            self._poll.modify(fd, _EVENTS[wanted])
        except FileNotFoundError:
            self._poll.register(fd, _EVENTS[wanted])

    def forget(self, fd: int) -> None:
        """Wait for `fd` no longer; when it becomes readable all the same, that is told once to `on_unwatched`."""
        self._watched.discard(fd)

    def wait(self, timeout_s: float) -> list[tuple[int, int]]:
        """Return the ready sockets with what they are ready for, or nothing once `timeout_s` have passed."""
        ready = []
        for fd, events in self._poll.poll(timeout_s * self._units_per_s):
            if fd in self._watched:
                ready.append((fd, _READINESS[events & 63]))
            elif events & ~select.POLLOUT:
                self._poll.unregister(fd)
                if not events & select.POLLNVAL:
                    self._on_unwatched(fd)
            else:
                self._poll.modify(fd, select.POLLIN)
        return ready

    def close(self) -> None:
        """Close epoll's own file; poll(2) has none."""
        if close := getattr(self._poll, "close", None):
            close()

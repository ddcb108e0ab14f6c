"""Waits until sockets are ready, in libcurl's terms: epoll where there is one, `selectors` elsewhere."""

import select
import selectors
import sys
from typing import Protocol

READ, WRITE, ERROR = 1, 2, 4
"""CURL_CSELECT_IN, _OUT and _ERR; the first two are also CURL_POLL_IN and _OUT."""


class Readiness(Protocol):
    """A set of watched sockets."""

    def watch(self, fd: int, wanted: int) -> None:
        """Watch `fd` for READ, WRITE or both, in place of what it was watched for."""

    def forget(self, fd: int) -> None:
        """Watch `fd` no longer."""

    def wait(self, timeout_s: float) -> list[tuple[int, int]]:
        """Give the ready sockets with what they are ready for, or nothing once `timeout_s` have passed."""

    def close(self) -> None: ...


class EpollReadiness:
    """Forgets lazily: a connection kept for the next request stays registered, which saves two system calls each.

    A closed socket leaves epoll by itself, and its number may come back as another one: so `watch` trusts the kernel's
    word for what is registered, not a memory of its own.
    """

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._watched: set[int] = set()
        self._masks = (0, select.EPOLLIN, select.EPOLLOUT, select.EPOLLIN | select.EPOLLOUT)
        self._ready = [self._translated(events) for events in range(32)]

    def watch(self, fd: int, wanted: int) -> None:
        self._watched.add(fd)
        try:
            self._epoll.modify(fd, self._masks[wanted])
        except FileNotFoundError:
            self._epoll.register(fd, self._masks[wanted])

    def forget(self, fd: int) -> None:
        self._watched.discard(fd)

    def wait(self, timeout_s: float) -> list[tuple[int, int]]:
        ready = []
        for fd, events in self._epoll.poll(timeout_s):
            if fd in self._watched:
                ready.append((fd, self._ready[events & 31]))
            else:
                self._epoll.unregister(fd)
        return ready

    def close(self) -> None:
        self._epoll.close()

    @staticmethod
    def _translated(events: int) -> int:
        failed = events & (select.EPOLLERR | select.EPOLLHUP)
        return bool(events & select.EPOLLIN) * READ | bool(events & select.EPOLLOUT) * WRITE | bool(failed) * ERROR


class SelectorReadiness:
    """The same with what the platform has."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def watch(self, fd: int, wanted: int) -> None:
        self.forget(fd)
        self._selector.register(fd, wanted)  # EVENT_READ and EVENT_WRITE are READ and WRITE

    def forget(self, fd: int) -> None:
        if fd in self._selector.get_map():
            self._selector.unregister(fd)

    def wait(self, timeout_s: float) -> list[tuple[int, int]]:
        return [(key.fd, events) for key, events in self._selector.select(timeout_s)]

    def close(self) -> None:
        self._selector.close()


def make_readiness() -> Readiness:
    return EpollReadiness() if sys.platform == "linux" else SelectorReadiness()

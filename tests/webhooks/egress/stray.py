"""A raw server that answers each request with the same bytes, and says something more that nobody asked for."""

import contextlib
import socket
import threading
from typing import Self

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
REFUSED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\nno"


class StrayServer:
    """Answers `answer` to each request, and after `delay_s` sends `stray` (None: hangs up its side)."""

    def __init__(self, answer: bytes, *, stray: bytes | None = b"", delay_s: float = 0.0) -> None:
        self._answer = answer
        self._stray = stray
        self._delay_s = delay_s
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._sockets: list[socket.socket] = []
        self.connections = 0
        self.hung_up = 0

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._closing.set()
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.append(connection)
            self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, contextlib.suppress(OSError):
            while connection.recv(65536):
                connection.sendall(self._answer)
                threading.Thread(target=self._say_more, args=(connection,), daemon=True).start()
        self.hung_up += 1

    def _say_more(self, connection: socket.socket) -> None:
        """Send the stray bytes while the connection may be serving its next request already."""
        self._closing.wait(self._delay_s)
        with contextlib.suppress(OSError):
            if self._stray is None:
                connection.shutdown(socket.SHUT_WR)
            else:
                connection.sendall(self._stray)

"""A real HTTP receiver on 127.0.0.1 for tests: it records what arrives and answers what it was told to."""

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Literal, Self

REASONS = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 410: "Gone", 429: "Too Many Requests"}


@dataclass(frozen=True)
class Received:
    """One request as it arrived; `at_s` is monotonic, `connection` counts the connections from 1."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at_s: float
    connection: int

    def header(self, name: str) -> str | None:
        """Return the value of the first header of this name, in any letter case, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What to answer: after `delay_s`, the head and body, or the bytes of `raw` as they are; then what `end` says.

    `drip_s` sends the body (with `drip_head` the head too) byte by byte, so many seconds apart; `endless` repeats it
    until the other side hangs up. Every wait ends at once when the receiver is closed or released.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b"ok"
    raw: bytes | None = None
    delay_s: float = 0.0
    drip_s: float = 0.0
    drip_head: bool = False
    endless: bool = False
    silent: bool = False
    end: Literal["keep", "close", "reset", "hang"] = "keep"

    def head(self) -> bytes:
        if self.raw is not None:
            return b""
        names = {name.lower() for name, _ in self.headers}
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if not self.endless and self.status != 204 and not names & {"content-length", "transfer-encoding"}:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def content(self) -> bytes:
        return self.body if self.raw is None else self.raw


Script = int | Answer | Callable[[Received], "Answer | int"]


def hang() -> Answer:
    """Take the request and never answer."""
    return Answer(silent=True, end="hang")


def reset() -> Answer:
    """Take the request and reset the connection."""
    return Answer(silent=True, end="reset")


def raw(data: bytes, *, end: Literal["close", "reset", "hang"] = "close") -> Answer:
    """Answer these bytes, well-formed or not."""
    return Answer(raw=data, end=end)


def drip(body: bytes = b"x" * 1000, *, every_s: float = 0.05, head: bool = False, status: int = 200) -> Answer:
    """Answer byte by byte; the body only, unless `head`."""
    return Answer(status=status, body=body, drip_s=every_s, drip_head=head)


def endless(body: bytes = b"x" * 16384, *, status: int = 200) -> Answer:
    """Answer a body that never ends."""
    return Answer(status=status, body=body, endless=True, end="close")


class Receiver:
    """A threaded receiver with keep-alive on a free port: `with Receiver() as receiver: …`."""

    def __init__(self, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, name: str = "") -> None:
        self._tls = tls
        self._name = name or (f"[{host}]" if ":" in host else host)
        self._listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._listener.listen(1024)
        self.port: int = self._listener.getsockname()[1]
        self._changed = threading.Condition()
        self._requests: list[Received] = []
        self._answers: dict[str | None, deque[Script]] = defaultdict(deque)
        self._sockets: set[socket.socket] = set()
        self._closing = threading.Event()
        self._released = threading.Event()
        self._threads = [threading.Thread(target=self._accept, name="receiver", daemon=True)]
        self.connections = 0
        self._paths = 0

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    # For tests

    def url(self, path: str = "/") -> str:
        return f"{'https' if self._tls else 'http'}://{self._name}:{self.port}{path}"

    def answer(self, *answers: Script, path: str | None = None) -> None:
        """Answer so, in turn, to `path` with any query (None: to any path without its own); the last one repeats."""
        with self._changed:
            self._answers[path] = deque(answers)

    def answering(self, *answers: Script) -> str:
        """Return the URL of a fresh path that answers so, in turn; the last one repeats."""
        self._paths += 1
        path = f"/{self._paths}"
        self.answer(*answers, path=path)
        return self.url(path)

    def requests(self, path: str | None = None) -> list[Received]:
        """Return what arrived so far, in order: on `path` (with any query) unless it is None; a URL works too."""
        with self._changed:
            return self._matching(path)

    def wait_for(self, n: int = 1, *, path: str | None = None, timeout_s: float = 60.0) -> list[Received]:
        """Return the requests as soon as there are `n`; fail when they are not there in time."""
        with self._changed:
            done = self._changed.wait_for(lambda: len(self._matching(path)) >= n, timeout_s)
            got = self._matching(path)
        assert done, f"{len(got)} of {n} requests arrived in {timeout_s} s"
        return got

    def release(self) -> None:
        """End every wait of the answers under way and to come: what hangs closes, what is delayed answers now."""
        self._released.set()

    def clear(self) -> None:
        """Forget what arrived."""
        with self._changed:
            self._requests.clear()

    def close(self) -> None:
        self._closing.set()
        self._released.set()
        if self._threads[0].is_alive():
            with socket.create_connection(self._listener.getsockname()[:2], timeout=1):
                self._threads[0].join(5)
        self._listener.close()
        with self._changed:
            sockets = list(self._sockets)
        for connection in sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(5)

    # Internals

    def _matching(self, path: str | None) -> list[Received]:
        if path is not None and "://" in path:
            path = path.removeprefix(self.url(""))
        return [request for request in self._requests if path in (None, request.path, request.path.partition("?")[0])]

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._closing.is_set():
                connection.close()
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with self._changed:
                self._sockets.add(connection)
            with connection.makefile("rb") as stream:
                while not self._closing.is_set() and (request := _read(stream, number)):
                    if not self._reply(connection, self._next(request), request):
                        break
        except (OSError, ValueError):
            pass  # the client hung up or spoke something else: that is what some tests want
        finally:
            with self._changed:
                self._sockets.discard(connection)
            connection.close()

    def _next(self, request: Received) -> Answer:
        """Record the request and take the answer that is due to it."""
        with self._changed:
            self._requests.append(request)
            plan = self._answers[request.path.partition("?")[0]] or self._answers[None]
            answer = (plan.popleft() if len(plan) > 1 else plan[0]) if plan else 200
            self._changed.notify_all()
        if callable(answer):
            answer = answer(request)
        return Answer(status=answer) if isinstance(answer, int) else answer

    def _reply(self, connection: socket.socket, answer: Answer, request: Received) -> bool:
        """Send the answer; True when the connection stays for another request."""
        if answer.delay_s:
            self._released.wait(answer.delay_s)
        if not answer.silent:
            content = b"" if request.method == "HEAD" else answer.content()
            if answer.drip_s:
                self._drip(connection, answer.head() if answer.drip_head else b"", content, answer)
            else:
                connection.sendall(answer.head() + content)
            while answer.endless and not self._released.is_set():
                connection.sendall(answer.body)
        if answer.end == "hang":
            self._released.wait()
        if answer.end == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return answer.end == "keep"

    def _drip(self, connection: socket.socket, head: bytes, content: bytes, answer: Answer) -> None:
        if not head:
            connection.sendall(answer.head())
        data = head + content
        for i in range(len(data)):
            connection.sendall(data[i : i + 1])
            if self._released.wait(answer.drip_s):
                return


def _read(stream: Any, number: int) -> Received | None:
    """Read one request with its body; return None at the end of the connection."""
    line = stream.readline(65537)
    if not line.strip():
        return None
    method, path, _ = line.decode("latin-1").split(" ", 2)
    headers = []
    while (line := stream.readline(65537)) not in (b"\r\n", b"\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers.append((name, value.strip()))
    request = Received(method, path, tuple(headers), b"", monotonic(), number)
    body = stream.read(int(request.header("content-length") or 0))
    return replace(request, body=body, at_s=monotonic())

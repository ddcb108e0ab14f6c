"""One libcurl handle, set up once so that it does only what egress allows, and used for many transfers."""

import socket
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

import pycurl

from webhooks.egress import messages
from webhooks.egress.connections import ConnectionPool, Ends, KeptConnections, hang_up
from webhooks.egress.exchange import ErrorClass, OutgoingRequest, Response
from webhooks.egress.parsing import MAX_HEAD_BYTES, failure, final_answer, has_certain_end, read_headers
from webhooks.egress.policy import Blocked, Policy
from webhooks.egress.stall import StallGuard
from webhooks.egress.url import Url

MAX_CONNECTION_AGE_S = 300
"""A kept connection is opened anew after this, so that a name that moved is followed."""

SWITCHING = b"HTTP/1.1 101"

NO_SOCKET: int = pycurl.SOCKET_BAD
SEND: int = pycurl.PREREQFUNC_OK
DO_NOT_SEND: int = pycurl.PREREQFUNC_ABORT


class OpenedSocket:
    """A socket for libcurl, which dials on a duplicate of it: this one closes when pycurl lets go of it."""

    def __init__(self, family: int, kind: int, protocol: int) -> None:
        self._socket = socket.socket(family, kind, protocol)

    def fileno(self) -> int:
        return self._socket.fileno()

    def __del__(self) -> None:
        self._socket.close()


@dataclass(eq=False, slots=True)
class Call:
    """A request that was submitted, with what is needed to start it and to tell how long it took."""

    key: object
    request: OutgoingRequest
    url: Url
    lines: list[str] | list[bytes]
    started_at: datetime
    started_s: float
    group: int = 0
    is_waiting: bool = True
    """While the name of its host is looked up: it waits until that ends."""


class Transfer:
    """A reusable handle with its callbacks and the state of the request that it carries."""

    __slots__ = (
        *("call", "curl", "must_redial"),
        *(
            "_blocked",
            "_chunks",
            "_dialled",
            "_ends",
            "_guard",
            "_head_room",
            "_kept",
            "_pool",
            "_lines",
            "_max_body_bytes",
        ),
        *("_method", "_policy", "_redials", "_room"),
    )

    def __init__(
        self,
        policy: Policy,
        kept: KeptConnections,
        guard: StallGuard,
        *,
        connect_timeout_ms: int,
        max_body_bytes: int,
        user_agent: str,
        ca_file: str,
    ) -> None:
        self._policy = policy
        self._kept = kept
        self._guard = guard
        self._max_body_bytes = max_body_bytes
        self._lines: list[bytes] = []
        self._chunks: list[bytes] = []
        self._method = "POST"
        self._redials = False
        self.curl: Any = pycurl.Curl()  # pycurl has no types
        self.curl.transfer = self
        options = {
            pycurl.NOSIGNAL: 1,
            pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
            pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
            pycurl.HTTP09_ALLOWED: 0,
            pycurl.FOLLOWLOCATION: 0,
            pycurl.PATH_AS_IS: 1,
            pycurl.PROXY: "",
            pycurl.NOPROXY: "*",
            pycurl.NETRC: pycurl.NETRC_IGNORED,
            pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
            pycurl.SSL_VERIFYPEER: 1,
            pycurl.SSL_VERIFYHOST: 2,
            pycurl.CAINFO: ca_file,
            pycurl.CONNECTTIMEOUT_MS: connect_timeout_ms,
            pycurl.DNS_CACHE_TIMEOUT: -1,
            pycurl.MAXLIFETIME_CONN: MAX_CONNECTION_AGE_S,
            pycurl.USERAGENT: user_agent,
            pycurl.OPENSOCKETFUNCTION: self._open_socket,
            pycurl.PREREQFUNCTION: self._may_send,
            pycurl.HEADERFUNCTION: self._read_line,
            pycurl.WRITEFUNCTION: self._write,
        }
        for option, value in options.items():
            self.curl.setopt(option, value)

    def load(self, call: Call, pool: ConnectionPool, *, timeout_ms: int) -> None:
        """Make the handle ready to send what `call` asks for on a connection of `pool`, within `timeout_ms`."""
        self.call = call
        self._pool = pool.name
        self._ends: Ends | None = None
        self._dialled = self.must_redial = False
        self._lines.clear()
        self._chunks.clear()
        self._room = self._max_body_bytes
        self._head_room = MAX_HEAD_BYTES
        self._blocked = False
        setopt = self.curl.setopt
        setopt(pycurl.URL, call.url.text)
        setopt(pycurl.HTTPHEADER, call.lines)
        setopt(pycurl.CONNECT_TO, pool.connect_to)
        setopt(pycurl.TIMEOUT_MS, timeout_ms)
        if self._redials:
            setopt(pycurl.FRESH_CONNECT, 0)
            self._redials = False
        if self._method != "POST":
            setopt(pycurl.NOBODY, 0)
            self.curl.unsetopt(pycurl.CUSTOMREQUEST)
        self._method = call.request.method
        if self._method == "HEAD":
            setopt(pycurl.NOBODY, 1)
        elif self._method == "GET" and not call.request.body:
            setopt(pycurl.HTTPGET, 1)
        else:
            setopt(pycurl.POSTFIELDS, call.request.body)
            if self._method != "POST":
                setopt(pycurl.CUSTOMREQUEST, self._method)

    def pin(self, addresses: tuple[str, ...], outdated: list[str]) -> None:
        """Let the pool be found at these addresses, from now on, by every transfer of the same CurlMulti."""
        listed = ",".join(f"[{address}]" if ":" in address else address for address in addresses)
        self.curl.setopt(pycurl.RESOLVE, [*outdated, f"{self._pool}:{self.call.url.port}:{listed}"])

    def redial(self, *, timeout_ms: int) -> None:
        """Make the handle ready to send its request on a new connection: nothing was sent on the one it had."""
        self.must_redial, self._redials = False, True
        self.curl.setopt(pycurl.FRESH_CONNECT, 1)
        self.curl.setopt(pycurl.TIMEOUT_MS, timeout_ms)

    def response(self, code: int, detail: str) -> Response:
        """Return what came of the transfer, which ended with libcurl's error `code` (0: none) and its words for it.

        A final status whose head arrived whole is an answer, whatever happened to its body.
        """
        duration_ms = round((monotonic() - self.call.started_s) * 1000)
        answer = final_answer(self._lines)
        if answer is not None:
            status, head = answer
            if not code:
                self._keep_or_hang_up(status, head)
            body, headers = b"".join(self._chunks), read_headers(head)
            return Response(status, headers, body, code != 0, None, "", self.call.started_at, duration_ms)
        if self._blocked:
            error, reason = ErrorClass.BLOCKED, messages.PRIVATE
        elif code == pycurl.E_OPERATION_TIMEDOUT and not self.curl.getinfo(pycurl.CONNECT_TIME):
            error, reason = ErrorClass.TIMEOUT, messages.CONNECT_TIMEOUT
        else:
            error, reason = failure(code, detail, has_begun=bool(self._lines))
        return Response(None, (), b"", False, error, reason, self.call.started_at, duration_ms)

    def _open_socket(self, purpose: int, address: Any) -> OpenedSocket | int:
        """Open a socket for the very address that libcurl is about to dial, or none when that one is refused.

        Once one is refused no other address of the transfer is dialled: a name that leads inside is not to be trusted.
        """
        try:
            self._policy.judge_address(address.addr[0], self.call.url.host, address.addr[1])
            if not self._blocked:
                self._dialled = True
                opened = OpenedSocket(address.family, address.socktype, address.protocol)
                self._guard.opened(opened)
                return opened
        except (Blocked, ValueError, TypeError):
            self._blocked = True
        except OSError:
            pass  # no file left, or a family that this machine lacks: libcurl tells of a failed connection
        return NO_SOCKET

    def _may_send(self, *ends: Any) -> int:
        """Allow to send on a new connection, or on one that was kept for this pool: asked when nothing is sent yet.

        libcurl has just looked that nothing waits to be read on a connection that it uses again.
        """
        self._ends = ends
        may_use_again = self._kept.take(ends, self._pool)
        if self._dialled or may_use_again:
            self._dialled = False
            return SEND
        self.must_redial = True
        return DO_NOT_SEND

    def _keep_or_hang_up(self, status: int, head: list[bytes]) -> None:
        """Keep the connection after a success whose end was certain; after anything else something may follow."""
        if self._ends and 200 <= status <= 299 and has_certain_end(status, head, method=self._method):
            self._kept.keep(self._ends, self._pool)
        elif (fd := self.curl.getinfo(pycurl.ACTIVESOCKET)) != NO_SOCKET:
            hang_up(fd)

    def _read_line(self, line: bytes) -> int | None:
        """Keep a line of a head; to return less than was offered ends the transfer.

        So does 101: what follows it is no HTTP, and libcurl would wait for an answer all the same.
        """
        self._head_room -= len(line)
        if self._head_room < 0 or line.startswith(SWITCHING):
            return 0
        self._lines.append(line)
        return None

    def _write(self, data: bytes) -> int | None:
        """Keep what fits of the body; to return less than was offered ends the transfer."""
        self._room -= len(data)
        if self._room >= 0:
            self._chunks.append(data)
            return None
        self._chunks.append(data[: self._room])
        return 0

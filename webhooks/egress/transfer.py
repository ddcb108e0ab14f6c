"""One libcurl handle, set up once so that it does only what egress allows, and used for many transfers."""

import socket
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

import pycurl

from webhooks.egress import messages
from webhooks.egress.exchange import ErrorClass, OutgoingRequest, Response
from webhooks.egress.parsing import MAX_HEAD_BYTES, failure, final_answer, read_headers
from webhooks.egress.policy import Blocked, Policy
from webhooks.egress.url import Url

MAX_CONNECTION_AGE_S = 300
"""A kept connection is opened anew after this, so that a name that moved is followed."""

NO_SOCKET: int = pycurl.SOCKET_BAD


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
    is_waiting: bool = False
    """Whether the name of its host is being looked up."""


class Transfer:
    """A reusable handle with its callbacks and the state of the request that it carries."""

    __slots__ = (
        *("curl", "call"),
        *("_blocked", "_chunks", "_head_room", "_lines", "_max_body_bytes", "_method", "_policy", "_room"),
    )

    def __init__(
        self, policy: Policy, *, connect_timeout_ms: int, max_body_bytes: int, user_agent: str, ca_file: str
    ) -> None:
        self._policy = policy
        self._max_body_bytes = max_body_bytes
        self._lines: list[bytes] = []
        self._chunks: list[bytes] = []
        self._method = "POST"
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
            pycurl.HEADERFUNCTION: self._read_line,
            pycurl.WRITEFUNCTION: self._write,
        }
        for option, value in options.items():
            self.curl.setopt(option, value)

    def load(self, call: Call, *, timeout_ms: int) -> None:
        """Make the handle ready to send what `call` asks for within `timeout_ms`."""
        self.call = call
        self._lines.clear()
        self._chunks.clear()
        self._room = self._max_body_bytes
        self._head_room = MAX_HEAD_BYTES
        self._blocked = False
        setopt = self.curl.setopt
        setopt(pycurl.URL, call.url.text)
        setopt(pycurl.HTTPHEADER, call.lines)
        setopt(pycurl.TIMEOUT_MS, timeout_ms)
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

    def pin(self, addresses: tuple[str, ...]) -> None:
        """Let the host of the URL be found at these addresses, from now on, by every transfer of the same CurlMulti."""
        listed = ",".join(f"[{address}]" if ":" in address else address for address in addresses)
        self.curl.setopt(pycurl.RESOLVE, [f"{self.call.url.host}:{self.call.url.port}:{listed}"])

    def response(self, code: int, detail: str) -> Response:
        """Return what came of the transfer, which ended with libcurl's error `code` (0: none) and its words for it.

        A final status whose head arrived whole is an answer, whatever happened to its body.
        """
        duration_ms = round((monotonic() - self.call.started_s) * 1000)
        answer = final_answer(self._lines)
        if answer is not None:
            status, head = answer
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
                return OpenedSocket(address.family, address.socktype, address.protocol)
        except (Blocked, ValueError, TypeError):
            self._blocked = True
        except OSError:
            pass  # no file left, or a family that this machine lacks: libcurl tells of a failed connection
        return NO_SOCKET

    def _read_line(self, line: bytes) -> int | None:
        """Keep a line of a head; to return less than was offered ends the transfer."""
        self._head_room -= len(line)
        if self._head_room < 0:
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

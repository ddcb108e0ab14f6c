"""Parses what libcurl reports: the head of an answer, or its error code."""

import re
from http import HTTPStatus

import pycurl

from webhooks.egress import messages
from webhooks.egress.exchange import ErrorClass

MAX_HEADERS = 100
MAX_HEADER_BYTES = 16384
"""What is kept of the headers of an answer."""

MAX_HEAD_BYTES = 262_144
"""What is read of heads, interim ones included, before the receiver is taken for a flood."""

_LENGTH = re.compile(rb"\ncontent-length:[ \t]*[0-9]+[ \t]*\r\n")
_CHUNKED = re.compile(rb"\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n")

BLANK = b"\r\n"
_STATUS = re.compile(rb"HTTP/1\.[01] ([2-5]\d\d)[ \r\n]")

_FAILURES: dict[int, tuple[ErrorClass, str]] = {
    pycurl.E_COULDNT_RESOLVE_HOST: (ErrorClass.DNS, messages.DNS),
    pycurl.E_COULDNT_CONNECT: (ErrorClass.CONNECT, messages.CONNECT),
    pycurl.E_GOT_NOTHING: (ErrorClass.CONNECT, messages.RESET),
    pycurl.E_SEND_ERROR: (ErrorClass.CONNECT, messages.RESET),
    pycurl.E_RECV_ERROR: (ErrorClass.CONNECT, messages.RESET),
    pycurl.E_PARTIAL_FILE: (ErrorClass.CONNECT, messages.RESET),
    pycurl.E_OPERATION_TIMEDOUT: (ErrorClass.TIMEOUT, messages.TIMEOUT),
    **dict.fromkeys(
        (
            pycurl.E_SSL_CONNECT_ERROR,
            pycurl.E_PEER_FAILED_VERIFICATION,
            pycurl.E_SSL_CERTPROBLEM,
            pycurl.E_SSL_CIPHER,
            pycurl.E_SSL_CACERT_BADFILE,
            pycurl.E_SSL_ISSUER_ERROR,
            pycurl.E_SSL_INVALIDCERTSTATUS,
            pycurl.E_SSL_SHUTDOWN_FAILED,
        ),
        (ErrorClass.TLS, messages.TLS),
    ),
}


def failure(code: int, detail: str, *, has_begun: bool) -> tuple[ErrorClass, str]:
    """Return the class and the reason of a libcurl error; `has_begun`: part of an answer had come.

    `detail` is libcurl's own message, never shown since it may contain addresses.
    """
    if code == pycurl.E_GOT_NOTHING and has_begun:
        return ErrorClass.PROTOCOL, messages.PROTOCOL
    if code == pycurl.E_SSL_CONNECT_ERROR and "wrong version number" in detail:
        return ErrorClass.PROTOCOL, messages.PROTOCOL  # something other than TLS answered on this port
    return _FAILURES.get(code, (ErrorClass.PROTOCOL, messages.PROTOCOL))


def final_answer(lines: list[bytes]) -> tuple[int, list[bytes]] | None:
    """Return the final status (200–599) in `lines` and its header lines, or None while its head is not complete.

    `lines` are as libcurl passes them: a status line, headers and a blank line for each head, then any trailers.
    """
    start = 0
    for index in range(1, len(lines)) if lines.count(BLANK) > 1 else ():
        if lines[index].startswith(b"HTTP/") and lines[index - 1] == BLANK:
            start = index
    status = _STATUS.match(lines[start]) if BLANK in lines[start:] else None
    return (int(status[1]), lines[start + 1 :]) if status else None


def has_certain_end(status: int, head: list[bytes], *, method: str) -> bool:
    """Return whether nobody can be of two minds about where an answer ends whose header lines are `head`.

    That is: one Content-Length or `chunked`, not both, without tricks (RFC 9112 §6.3), or no body by definition.
    """
    if method == "HEAD":
        return True
    text = b"\n" + b"".join(head).lower()
    lengths, codings = text.count(b"\ncontent-length"), text.count(b"\ntransfer-encoding")
    if status == HTTPStatus.NO_CONTENT:
        return not (lengths or codings)
    return lengths + codings == 1 and bool((_LENGTH if lengths else _CHUNKED).search(text))


def read_headers(lines: list[bytes]) -> tuple[tuple[str, str], ...]:
    """Return the headers as text, as many as `MAX_HEADERS` and `MAX_HEADER_BYTES` allow."""
    headers: list[tuple[str, str]] = []
    for line in b"".join(lines)[:MAX_HEADER_BYTES].decode("latin-1").split("\r\n", MAX_HEADERS + 1)[: MAX_HEADERS + 1]:
        name, colon, value = line.partition(":")
        if colon and len(headers) < MAX_HEADERS:
            headers.append((name, value.strip()))
    return tuple(headers)

"""A `requests` session for the few calls that are not deliveries, carried by the same client under the same policy."""

import http.client
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import to_native_string

from webhooks.egress import messages
from webhooks.egress.client import Sender
from webhooks.egress.exchange import ErrorClass, OutgoingRequest, Response
from webhooks.egress.headers import RESERVED
from webhooks.egress.policy import Blocked, Policy

MAX_BODY_BYTES = 10_000_000
"""What is read of an answer; a longer one is an error, since half of it is of no use here."""

GRACE_S = 5.0
"""How much later than the deadline the client may be with its answer before that is an error of ours."""


def guarded_session(
    policy: Policy, timeout_s: float, *, user_agent: str = "Porte-voix", ca_file: str | None = None
) -> requests.Session:
    """Give a session whose calls obey `policy` and take `timeout_s` at most, from the look-up to the last byte.

    It follows no redirect, keeps no cookie, ignores the environment and the `timeout`, `verify`, `cert` and `proxies`
    of its methods. A closed URL or address raises `Blocked`, any other failure what `requests` raises.
    """
    return GuardedSession(GuardedAdapter(policy, timeout_s, user_agent, ca_file))


def fetch(session: requests.Session, request: OutgoingRequest) -> Response:
    """Send `request` over a guarded session and give its response; a failure is a `Response` too, as with `Sender`."""
    started_at, started_s = datetime.now(UTC), monotonic()
    answer: requests.Response | None = None
    error: ErrorClass | None = None
    reason = ""
    try:
        answer = session.request(request.method, request.url, data=request.body, headers=dict(request.headers))
    except Blocked as blocked:
        error, reason = ErrorClass.BLOCKED, blocked.message
    except requests.RequestException as failed:
        error, reason = _class_of(failed)
    duration_ms = round((monotonic() - started_s) * 1000)
    if answer is None:
        return Response(None, (), b"", False, error, reason, started_at, duration_ms)
    headers = tuple(answer.headers.items())
    return Response(answer.status_code, headers, answer.content, False, None, "", started_at, duration_ms)


class Failed(urllib3.exceptions.ProtocolError):
    """No answer came: what `Sender` says about it, on its way through `requests`."""

    def __init__(self, error: ErrorClass, reason: str) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason


class GuardedSession(requests.Session):
    """Turns off what `requests` does of its own accord; cookies it cannot find in the answers of our adapter."""

    def __init__(self, adapter: HTTPAdapter) -> None:
        super().__init__()
        self.trust_env = False
        self.headers.clear()
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send as `requests` does, whose arguments these are; a time-out and a bad certificate are raised as such."""
        try:
            return super().send(request, **kwargs)
        except requests.ConnectionError as error:
            match error.args:
                case (Failed(error=ErrorClass.TLS) as failed, *_):
                    raise requests.exceptions.SSLError(failed, request=request) from error
                case (Failed(error=ErrorClass.TIMEOUT) as failed, *_):
                    raise requests.Timeout(failed, request=request) from error
            raise

    def resolve_redirects(self, *args: object, **kwargs: object) -> Iterator[requests.Response]:
        return iter(())


class GuardedAdapter(HTTPAdapter):
    """Lets `Sender` make the call, below the point where tests put canned answers in its place."""

    def __init__(self, policy: Policy, timeout_s: float, user_agent: str, ca_file: str | None) -> None:
        super().__init__()
        self._call = partial(_call, policy=policy, timeout_s=timeout_s, user_agent=user_agent, ca_file=ca_file)

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *args: object, **kwargs: object
    ) -> Any:
        """Give what `HTTPAdapter` takes for a pool of connections: an object with `urlopen`."""
        return _Connection(partial(self._call, request))


class _Connection:
    """Stands where urllib3 has a pool; `requests` also sets attributes on it, which nothing reads."""

    def __init__(self, call: Callable[[], urllib3.HTTPResponse]) -> None:
        self._call = call

    def urlopen(self, **kwargs: object) -> urllib3.HTTPResponse:
        return self._call()


def _call(
    prepared: requests.PreparedRequest, *, policy: Policy, timeout_s: float, user_agent: str, ca_file: str | None
) -> urllib3.HTTPResponse:
    headers = tuple(
        (name, to_native_string(value, "latin-1"))  # type: ignore[no-untyped-call]  # its stub has no types
        for name, value in prepared.headers.items()
        if name.lower() not in RESERVED
    )
    request = OutgoingRequest(prepared.url or "", headers, _bytes_of(prepared.body), method=prepared.method or "GET")
    with Sender(
        policy, timeout_s=timeout_s, max_body_bytes=MAX_BODY_BYTES, user_agent=user_agent, ca_file=ca_file
    ) as sender:
        sender.submit(None, request)
        responses = sender.poll(timeout_s + GRACE_S)
    _, response = responses[0]
    if response.error is ErrorClass.BLOCKED:
        raise Blocked("blocked", response.reason)
    if response.status is None or response.truncated:
        raise Failed(response.error or ErrorClass.PROTOCOL, response.reason or messages.TRUNCATED)
    # Left as it came: unpacking what nobody asked to be packed could fill the memory.
    kept = [(name, value) for name, value in response.headers if name.lower() != "content-encoding"]
    return urllib3.HTTPResponse(
        io.BytesIO(response.body),
        headers=urllib3.HTTPHeaderDict(kept),
        status=response.status,
        reason=http.client.responses.get(response.status, ""),
        preload_content=False,
        decode_content=False,
        enforce_content_length=False,  # which a HEAD's answer has without a body
    )


def _bytes_of(body: Any) -> bytes:
    """Give the whole body, whichever of its forms `requests` was given."""
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        return _bytes_of(body.read())
    if body is None or isinstance(body, bytes | bytearray):
        return bytes(body or b"")
    return b"".join(_bytes_of(part) for part in body)


def _class_of(failed: requests.RequestException) -> tuple[ErrorClass, str]:
    """Give the class and the sentence for what `requests` raised, ours or that of a canned answer in a test."""
    cause = failed.args[0] if failed.args else None
    match failed:
        case _ if isinstance(cause, Failed):
            return cause.error, cause.reason
        case requests.Timeout():
            return ErrorClass.TIMEOUT, messages.TIMEOUT
        case requests.exceptions.SSLError():
            return ErrorClass.TLS, messages.TLS
        case requests.ConnectionError():
            return ErrorClass.CONNECT, messages.CONNECT
        case ValueError():
            return ErrorClass.BLOCKED, messages.INCOMPLETE
    return ErrorClass.PROTOCOL, messages.PROTOCOL

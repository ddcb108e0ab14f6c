"""What the tests of egress share."""

import socket
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import pytest

from tests.certificates import Authority
from webhooks.egress.client import HttpClient
from webhooks.egress.exchange import OutgoingRequest, Response
from webhooks.egress.policy import Policy

LOOPBACK = Policy.from_allow(["127.0.0.0/8", "::1/128", "localhost"])
TIMEOUT_S = 0.3


def request(url: str, body: bytes = b"{}", **headers: str) -> OutgoingRequest:
    return OutgoingRequest(url, tuple((name.replace("_", "-"), value) for name, value in headers.items()), body)


def collect(client: HttpClient, n: int = 1, *, within_s: float = 10.0) -> dict[Any, Response]:
    """Return the next `n` responses by key; fail when they do not come."""
    deadline_s = monotonic() + within_s
    responses: dict[Any, Response] = {}
    while len(responses) < n and monotonic() < deadline_s:
        responses.update(client.poll(0.5))
    assert len(responses) == n
    return responses


def send(client: HttpClient, what: OutgoingRequest | str) -> Response:
    """Send one request, or an empty JSON object to a URL, and return its response."""
    client.submit("only", request(what) if isinstance(what, str) else what)
    return collect(client)["only"]


@pytest.fixture
def client() -> Iterator[HttpClient]:
    """A client for loopback with a short total deadline."""
    with HttpClient(LOOPBACK, timeout_s=TIMEOUT_S) as client:
        yield client


@pytest.fixture
def patient_client() -> Iterator[HttpClient]:
    """A client for loopback whose deadline never passes in a test."""
    with HttpClient(LOOPBACK, timeout_s=30) as client:
        yield client


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let names lead to addresses, as a name server would: `names(hook=["127.0.0.1"])` or a function that returns them.

    The keys are names under `.example`. Others are resolved by the system.
    """
    known: dict[str, Any] = {}
    system = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if host not in known:
            return system(host, port, *args, **kwargs)
        addresses = known[host]() if callable(known[host]) else known[host]
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port or 0, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    def learn(**more: Any) -> None:
        known.update({f"{name}.example": addresses for name, addresses in more.items()})

    return learn

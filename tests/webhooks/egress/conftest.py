"""What the tests of egress share."""

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import pytest

from tests.certificates import Authority
from tests.name_server import NameServer, addresses, moving
from webhooks.egress.client import HttpClient
from webhooks.egress.exchange import OutgoingRequest, Response
from webhooks.egress.policy import Policy

LOOPBACK = Policy.from_allow(["127.0.0.0/8:*", "[::1]:*", "localhost:*"])
TIMEOUT_S = 0.3


def request(url: str, body: bytes = b"{}", **headers: str) -> OutgoingRequest:
    return OutgoingRequest(url, tuple((name.replace("_", "-"), value) for name, value in headers.items()), body)


def collect(client: HttpClient, n: int = 1, *, within_s: float = 50.0) -> dict[Any, Response]:
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
    """A client for loopback whose deadline never passes in a test."""
    with HttpClient(LOOPBACK, timeout_s=60) as client:
        yield client


@pytest.fixture
def hasty_client() -> Iterator[HttpClient]:
    """A client for loopback whose deadline passes soon: for receivers that never answer in time."""
    with HttpClient(LOOPBACK, timeout_s=TIMEOUT_S) as client:
        yield client


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    with NameServer() as server:
        yield server


@pytest.fixture
def names(name_server: NameServer, settings: Any) -> Callable[..., None]:
    """Let names lead to addresses: `names(hook=["127.0.0.1"])`, or a function that returns them.

    The keys are names under `.example`. Clients made by `under` or by the settings ask this name server.
    """
    settings.EGRESS_DNS_SERVERS = [name_server.address]

    def learn(**more: Any) -> None:
        for name, found in more.items():
            name_server.say(f"{name}.example", moving(found) if callable(found) else addresses(*found))

    return learn


@pytest.fixture
def under(name_server: NameServer) -> Callable[..., HttpClient]:
    """Return a function that makes a client under a policy, which asks the name server of the test."""

    def under(policy: Policy, *, timeout_s: float = 5.0, **options: Any) -> HttpClient:
        return HttpClient(policy, timeout_s=timeout_s, name_servers=(name_server.address,), **options)

    return under

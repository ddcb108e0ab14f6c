"""Connections that are kept: only after a clean success, for one group, and while nothing unasked comes on them."""

import socket
from contextlib import closing

import pytest

from tests.polling import eventually
from tests.receiver import Answer, Received, Receiver, raw
from tests.webhooks.egress.conftest import LOOPBACK, collect, request, send
from tests.webhooks.egress.stray import OK, REFUSED, StrayServer
from webhooks.egress.client import HttpClient
from webhooks.egress.connections import ConnectionPools, KeptConnections
from webhooks.egress.exchange import OutgoingRequest
from webhooks.egress.parsing import has_certain_end

STRAYS = {
    "an answer": OK,
    "a request time-out": b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "a blank line": b"\r\n",
    "garbage": b"\x00\xff garbage",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-",
}


def wait_for_hang_ups(client: HttpClient, server: StrayServer, n: int) -> None:
    """Wait until `client`, which only polls, has hung up `n` connections; what was sent may take its time to arrive."""
    eventually(lambda: client.poll(0) or server.hung_up >= n, what=lambda: f"{server.hung_up} of {n} hung up")


@pytest.mark.parametrize("delay_s", [0.0, 0.005, 0.02, 0.05])
def test_a_late_extra_answer_is_not_taken_for_that_of_the_next_delivery(client, delay_s):
    """The receiver refuses everything, and says 200 a little later."""
    with StrayServer(REFUSED, stray=OK, delay_s=delay_s) as server:
        statuses = [send(client, server.url()).status for _ in range(12)]
        assert statuses == [500] * 12
        assert server.connections == 12


@pytest.mark.parametrize("delay_s", [0.005, 0.05])
def test_many_deliveries_at_once_take_no_extra_answer_either(client, delay_s):
    with StrayServer(REFUSED, stray=OK, delay_s=delay_s) as server:
        for n in range(60):
            client.submit(n, request(server.url()), group=n % 3)
        assert {response.status for response in collect(client, 60).values()} == {500}


@pytest.mark.parametrize("stray", STRAYS.values(), ids=STRAYS)
@pytest.mark.parametrize("together", [True, False], ids=["in the same packet", "afterwards"])
def test_what_comes_unasked_after_a_success_ends_the_connection(client, stray, together):
    """The next request is sent once the stray bytes have arrived: it must not see them."""
    with StrayServer(OK + stray if together else OK, stray=b"" if together else stray) as server:
        for n in range(1, 4):
            assert send(client, server.url()).status == 200
            wait_for_hang_ups(client, server, n)
        assert server.connections == 3


@pytest.mark.parametrize("stray", [*STRAYS.values(), None], ids=[*STRAYS, "the end"])
def test_an_idle_connection_that_becomes_readable_is_hung_up_at_once(client, stray):
    """No other request is needed for it."""
    with StrayServer(OK, stray=stray) as server:
        assert send(client, server.url()).status == 200
        wait_for_hang_ups(client, server, 1)


def test_a_connection_is_kept_after_a_clean_success(client, receiver):
    for answer in (Answer(), Answer(status=201), Answer(status=202, body=b""), Answer(status=204, body=b"")):
        receiver.answer(answer)
        send(client, receiver.url())
    receiver.answer(Answer(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"))
    for _ in range(3):
        send(client, receiver.url())
    receiver.answer(Answer(body=b""))
    send(client, OutgoingRequest(receiver.url(), (), b"", method="HEAD"))
    assert send(client, receiver.url()).status == 200
    assert receiver.connections == 1


def test_connections_of_many_in_flight_are_kept(client, receiver):
    for _ in range(20):
        for n in range(5):
            client.submit(n, request(receiver.url()), group=7)
        collect(client, 5)
    assert receiver.connections == 5


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500),
        Answer(status=404),
        Answer(status=302, headers=(("Location", "/"),)),
        Answer(status=429),
        Answer(body=b"x" * 20_000),
        Answer(headers=(("Transfer-Encoding", "chunked"), ("Content-Length", "2")), body=b"2\r\nok\r\n0\r\n\r\n"),
        Answer(headers=(("Content-Length", "2"), ("Content-Length", "2"))),
        Answer(status=204, headers=(("Content-Length", "0"),), body=b""),
        raw(b"HTTP/1.1 200 OK\r\n\r\nuntil the end"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"),
    ],
    ids=lambda answer: str(answer.raw or (answer.status, answer.headers))[:60],
)
def test_no_connection_is_kept_after_anything_else(client, receiver, answer):
    receiver.answer(answer)
    for _ in range(3):
        send(client, receiver.url())
    assert [got.connection for got in receiver.requests()] == [1, 2, 3]


def test_a_refusal_hangs_up_the_connection_at_once(client):
    with StrayServer(REFUSED) as server:
        assert send(client, server.url()).status == 500
        wait_for_hang_ups(client, server, 1)


def test_groups_never_share_a_connection(client, receiver):
    """One after the other and all at once, under an address and under a name."""
    groups: dict[int, set[str]] = {}

    def note(got: Received) -> Answer:
        groups.setdefault(got.connection, set()).add(got.path)
        return Answer()

    receiver.answer(note)
    for round_ in range(6):
        for n in range(30):
            host = "localhost" if n < 10 else "127.0.0.1"
            client.submit(n, request(f"http://{host}:{receiver.port}/{n % 10}"), group=n % 10)
            if round_ % 2:
                collect(client)
        if not round_ % 2:
            collect(client, 30)
    assert {len(paths) for paths in groups.values()} == {1}
    assert receiver.connections <= 30


def test_nothing_is_sent_on_a_connection_that_libcurl_keeps_but_we_do_not(client, receiver, monkeypatch):
    """The control below the pools: whatever libcurl would use again, the request goes on a new connection instead."""
    monkeypatch.setattr(KeptConnections, "take", lambda *args: False)
    for n in range(3):
        assert send(client, OutgoingRequest(receiver.url(), (), b"%d" % n)).status == 200
    assert [(got.connection, got.body) for got in receiver.requests()] == [(1, b"0"), (2, b"1"), (3, b"2")]


def test_a_connection_is_taken_once_and_by_its_own_pool():
    kept = KeptConnections(limit=2)
    first, second, third = ((("127.0.0.1", "127.0.0.1", 80, port)) for port in (1, 2, 3))
    for ends in (first, second, third):
        kept.keep(ends, "1.invalid")
    assert not kept.take(first, "1.invalid")
    assert not kept.take(second, "2.invalid")
    assert not kept.take(second, "1.invalid")
    assert kept.take(third, "1.invalid")
    assert not kept.take(third, "1.invalid")


def test_only_a_kept_connection_is_hung_up_when_it_becomes_readable():
    """The number of a socket may be another's by now, for example one to the database."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
        with ours, theirs:
            kept = KeptConnections(limit=1)
            kept.drop(ours.fileno())
            theirs.sendall(b"still here")
            assert ours.recv(100) == b"still here"

            (address, port), (local_address, local_port) = ours.getpeername(), ours.getsockname()
            kept.keep((address, local_address, port, local_port), "1.invalid")
            kept.drop(ours.fileno())
            assert theirs.recv(100) == b""


def test_the_pool_that_was_used_longest_ago_is_forgotten_first(monkeypatch):
    monkeypatch.setattr("webhooks.egress.connections.MAX_POOLS", 2)
    pools = ConnectionPools()
    one, two = pools.of(1, "hook.example", 80), pools.of(2, "hook.example", 443)
    assert pools.of(1, "hook.example", 80) is one
    pools.of(3, "hook.example", 80)
    assert pools.outdated() == [f"-{two.name}:443"]
    assert pools.outdated() == []
    assert pools.of(1, "hook.example", 80) is one


def test_requests_arrive_when_there_are_more_pools_than_are_remembered(receiver, monkeypatch):
    monkeypatch.setattr("webhooks.egress.connections.MAX_POOLS", 5)
    with HttpClient(LOOPBACK, timeout_s=60) as client:
        for n in range(60):
            assert _send_in(client, receiver, n % 12) == 200


def _send_in(client: HttpClient, receiver: Receiver, group: int) -> int | None:
    client.submit(group, request(receiver.url()), group=group)
    return collect(client)[group].status


@pytest.mark.parametrize(
    ("head", "is_certain"),
    [
        ([b"Content-Length: 2\r\n"], True),
        ([b"content-length:2 \r\n", b"Content-Type: text/plain\r\n"], True),
        ([b"Transfer-Encoding: Chunked\r\n"], True),
        ([], False),
        ([b"Content-Length: 2, 2\r\n"], False),
        ([b"Content-Length : 2\r\n"], False),
        ([b"Content-Length: +2\r\n"], False),
        ([b"Content-Length: 2\r\n", b"Content-Length: 2\r\n"], False),
        ([b"Content-Length: 2\r\n", b"Transfer-Encoding: chunked\r\n"], False),
        ([b"Transfer-Encoding: gzip, chunked\r\n"], False),
    ],
)
def test_the_end_of_a_body_is_certain_or_not(head, is_certain):
    assert has_certain_end(200, [*head, b"\r\n"], method="POST") is is_certain
    assert has_certain_end(204, [*head, b"\r\n"], method="POST") is (not head)
    assert has_certain_end(200, [*head, b"\r\n"], method="HEAD") is True

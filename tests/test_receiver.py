"""The receiver of the tests does what tests ask of it."""

import http.client
import socket
from urllib.parse import urlsplit

import pytest

from tests.receiver import Answer, Receiver, drip, endless, hang, raw, reset


def call(url: str, body: bytes = b"{}", *, timeout_s: float = 60) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.request("POST", parts.path, body, {"X-One": "1"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_it_records_what_arrived(receiver):
    assert call(receiver.url("/hook"), b'{"a": 1}') == (200, b"ok")

    [request] = receiver.wait_for(1, path="/hook")
    assert (request.method, request.path, request.json(), request.header("x-one")) == ("POST", "/hook", {"a": 1}, "1")
    assert receiver.requests("/elsewhere") == []


def test_answers_come_in_turn_and_the_last_one_repeats(receiver):
    url = receiver.answering(500, Answer(status=202, body=b"fine"))

    assert [call(url) for _ in range(3)] == [(500, b"ok"), (202, b"fine"), (202, b"fine")]
    assert call(receiver.url("/other")) == (200, b"ok")
    assert len(receiver.requests(url)) == 3


def test_an_answer_can_depend_on_the_request(receiver):
    url = receiver.answering(lambda request: 200 if request.body == b"good" else 400)

    assert (call(url, b"good")[0], call(url, b"bad")[0]) == (200, 400)


def test_connections_are_kept_and_counted(receiver):
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=5)
    for _ in range(3):
        connection.request("POST", "/", b"x")
        connection.getresponse().read()
    connection.close()

    assert [request.connection for request in receiver.requests()] == [1, 1, 1]


@pytest.mark.parametrize(
    ("answer", "error"),
    [(hang(), TimeoutError), (reset(), ConnectionResetError), (raw(b"SSH-2.0-x\r\n"), http.client.BadStatusLine)],
)
def test_it_can_misbehave(receiver, answer, error):
    with pytest.raises(error):
        call(receiver.answering(answer), timeout_s=0.2 if error is TimeoutError else 60)


@pytest.mark.parametrize("answer", [hang(), drip(), endless(), Answer(delay_s=60)])
def test_it_closes_at_once_whatever_is_under_way(answer):
    with Receiver() as receiver:
        receiver.answer(answer)
        with socket.create_connection(("127.0.0.1", receiver.port)) as client:
            client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
            receiver.wait_for(1)
            receiver.close()
    assert not any(thread.is_alive() for thread in receiver._threads)


def test_waiting_for_what_does_not_come_fails(receiver):
    with pytest.raises(AssertionError, match="0 of 1 requests"):
        receiver.wait_for(1, timeout_s=0.05)

"""The courier's client against a real receiver: what goes out, and what an answer or its absence becomes."""

import os
import resource
import threading
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import pytest

from tests.receiver import Answer, Receiver, drip, endless, hang, raw, reset
from tests.webhooks.egress.conftest import LOOPBACK, TIMEOUT_S, collect, request, send
from webhooks.egress.client import HttpClient
from webhooks.egress.exchange import ErrorClass, OutgoingRequest, text
from webhooks.egress.limits import raise_open_files_limit

CAP = 16384


def test_a_request_arrives_as_it_was_given(client, receiver):
    headers = (("Content-Type", "application/json"), ("webhook-id", "abc"), ("X-Empty", ""), ("X-Latin", "é"))

    began_s = monotonic()
    response = send(client, OutgoingRequest(receiver.url("/hook?a=1&b"), headers, b'{"a":"\xc3\xa9"}'))
    took_ms = 1000 * (monotonic() - began_s)

    [got] = receiver.requests()
    assert (got.method, got.path, got.body) == ("POST", "/hook?a=1&b", b'{"a":"\xc3\xa9"}')
    assert got.headers == (
        ("Host", f"127.0.0.1:{receiver.port}"),
        ("User-Agent", "Porte-voix"),
        ("Accept", "*/*"),
        ("Content-Type", "application/json"),
        ("webhook-id", "abc"),
        ("X-Empty", ""),
        ("X-Latin", "é"),
        ("Accept-Encoding", "identity"),
        ("Content-Length", "10"),
    )
    assert (response.status, response.body, response.truncated, response.error) == (200, b"ok", False, None)
    assert response.header("content-length") == "2"
    assert response.started_at.utcoffset() == timedelta(0)
    assert 0 <= response.duration_ms <= took_ms + 1


def test_no_content_type_is_made_up(client, receiver):
    send(client, receiver.url())
    assert receiver.requests()[0].header("content-type") is None


def test_a_large_body_does_not_wait_for_100_continue(client, receiver):
    send(client, request(receiver.url(), b"x" * 3_000_000))
    [got] = receiver.requests()
    assert (len(got.body), got.header("expect")) == (3_000_000, None)


def test_the_path_is_sent_byte_for_byte(client, receiver):
    url = LOOPBACK.check_url(receiver.url("/a/../b//%2e%2e/%0d%0aX:y;é?q=%00&x=[]"))
    send(client, url)
    assert receiver.requests()[0].path == url.removeprefix(receiver.url(""))


def test_another_method_does_not_stick(client, receiver):
    url = receiver.url("/")
    for method in ("PUT", "POST", "DELETE", "POST"):
        send(client, OutgoingRequest(url, (), b"x", method=method))
    assert [got.method for got in receiver.requests()] == ["PUT", "POST", "DELETE", "POST"]


def test_connections_are_kept(client, receiver):
    for _ in range(5):
        send(client, receiver.url())
    assert receiver.connections == 1


def test_a_kept_connection_that_the_receiver_closed_does_no_harm(client, receiver):
    receiver.answer(Answer(end="close"))
    assert [send(client, receiver.url()).status for _ in range(5)] == [200] * 5


def test_a_request_lost_on_a_kept_connection_is_sent_again_at_once(client, receiver):
    url = receiver.answering(Answer(), reset(), Answer(status=202))
    assert [send(client, url).status for _ in range(2)] == [200, 202]
    assert [got.connection for got in receiver.requests()] == [1, 1, 2]


def test_many_are_in_flight_at_once(client, receiver):
    """None is answered until all of them are there."""
    all_there = threading.Barrier(100, timeout=50)
    receiver.answer(lambda _request: 200 if all_there.wait() >= 0 else 500)
    for n in range(100):
        client.submit(n, request(receiver.url(f"/{n}")))
    assert client.in_flight == 100

    responses = collect(client, 100)

    assert {response.status for response in responses.values()} == {200}
    assert {got.path for got in receiver.requests()} == {f"/{n}" for n in range(100)}
    assert client.in_flight == 0


def test_those_that_hang_do_not_hold_up_the_others(client, receiver):
    receiver.answer(hang(), path="/hang")
    for n in range(150):
        client.submit(("hang", n), request(receiver.url("/hang")))
    assert client.poll(0.05) == []

    for n in range(50):
        client.submit(n, request(receiver.url("/quick")))

    assert set(collect(client, 50)) == set(range(50))
    assert client.in_flight == 150


def test_no_more_than_the_limit_may_be_submitted(receiver):
    with HttpClient(LOOPBACK, timeout_s=60, max_in_flight=2) as client:
        client.submit(1, request(receiver.url()))
        client.submit(2, request(receiver.url()))
        with pytest.raises(RuntimeError, match="2 requests"):
            client.submit(3, request(receiver.url()))
        collect(client, 2)
        assert client.in_flight == 0


def test_what_is_aborted_is_named_and_never_answered(client, receiver):
    receiver.answer(hang(), path="/hang")
    client.submit("hung", request(receiver.url("/hang")))
    assert client.poll(0.05) == []
    receiver.wait_for(1)

    assert client.abort_all() == ["hung"]
    assert (client.in_flight, client.poll(0.05)) == (0, [])
    assert send(client, receiver.url("/quick")).status == 200


def test_polling_an_idle_sender_gives_nothing_in_time(client):
    started = monotonic()
    assert client.poll(0.05) == []
    assert monotonic() - started > 0.04


@pytest.mark.parametrize("status", [200, 201, 202, 204, 205, 299, 400, 401, 404, 410, 418, 429, 500, 502, 503, 599])
def test_a_final_status_is_given_as_it_is(client, receiver, status):
    response = send(client, receiver.answering(Answer(status=status, body=b"")))
    assert (response.status, response.body, response.truncated, response.error) == (status, b"", False, None)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308])
@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/", "file:///etc/passwd", "/own", "http://a/" + "x" * 9000]
)
def test_a_redirect_is_an_answer_and_is_not_followed(client, receiver, status, location):
    url = receiver.answering(Answer(status=status, headers=(("Location", location),), body=b""))

    response = send(client, url)

    assert (response.status, response.error, response.header("location")) == (status, None, location)
    assert len(receiver.requests()) == 1


def test_hints_in_headers_are_ignored(client, receiver):
    headers = (
        ("Set-Cookie", "a=b; Path=/"),
        ("Refresh", "0; url=/elsewhere"),
        ("Link", "</x>; rel=preload"),
        ("Alt-Svc", 'h2=":1"; ma=86400'),
        ("Strict-Transport-Security", "max-age=999"),
    )
    url = receiver.answering(Answer(headers=headers))

    assert [send(client, url).status for _ in range(2)] == [200, 200]

    assert [(got.path, got.header("cookie")) for got in receiver.requests()] == [("/1", None)] * 2


def test_headers_are_given_with_repeats_and_without_the_blanks_around(client, receiver):
    url = receiver.answering(raw(b"HTTP/1.1 200 OK\r\nX-A:  1 \r\nx-a:2\r\nX-B:\r\nContent-Length: 0\r\n\r\n"))
    assert send(client, url).headers == (("X-A", "1"), ("x-a", "2"), ("X-B", ""), ("Content-Length", "0"))


def test_at_most_100_headers_and_16_kib_of_them_are_kept(client, receiver):
    many = tuple((f"X-{n}", "v") for n in range(300))
    assert len(send(client, receiver.answering(Answer(headers=many))).headers) == 100
    long = tuple((f"X-{n}", "v" * 4000) for n in range(20))
    kept = send(client, receiver.answering(Answer(headers=long))).headers
    assert sum(len(name) + len(value) for name, value in kept) <= CAP


def test_the_final_head_counts_and_interim_ones_do_not(client, receiver):
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    response = send(client, receiver.answering(raw(interim + b"HTTP/1.1 202 Accepted\r\nContent-Length: 1\r\n\r\nx")))
    assert (response.status, response.body, response.header("link")) == (202, b"x", None)


def test_trailers_after_a_chunked_body_are_read(client, receiver):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n"
    response = send(client, receiver.answering(raw(chunked)))
    assert (response.status, response.body, response.truncated) == (200, b"ok", False)


def test_http_1_0_and_a_body_that_ends_with_the_connection_are_fine(client, receiver):
    response = send(client, receiver.answering(raw(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")))
    assert (response.status, response.body, response.truncated) == (200, b"until the end", False)


@pytest.mark.parametrize("size", [CAP - 1, CAP])
def test_a_body_up_to_the_cap_is_whole(client, receiver, size):
    response = send(client, receiver.answering(Answer(body=b"x" * size)))
    assert (len(response.body), response.truncated) == (size, False)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"x" * (CAP + 1)),
        Answer(body=b"x" * 5_000_000),
        endless(),
        Answer(headers=(("Content-Length", "10000000000"),), endless=True, body=b"x" * 10000),
        Answer(headers=(("Transfer-Encoding", "chunked"),), body=b"3e8\r\n" + b"x" * 1000 + b"\r\n", endless=True),
    ],
)
@pytest.mark.parametrize("status", [200, 500])
def test_a_body_over_the_cap_is_cut_and_judged_by_its_status(client, receiver, answer, status):
    response = send(client, receiver.answering(replace(answer, status=status)))
    assert (response.status, response.error, response.truncated) == (status, None, True)
    assert response.body == b"x" * CAP


def test_a_slow_body_is_cut_at_the_deadline_and_judged_by_its_status(receiver):
    """The deadline is long enough for the heads to come on a busy machine, and far too short for the bodies."""
    statuses, body = (200, 503), b"x" * 5000
    with HttpClient(LOOPBACK, timeout_s=3) as client:
        for status in statuses:
            client.submit(status, request(receiver.answering(drip(body, every_s=0.02, status=status))))
        responses = collect(client, len(statuses))
    for status, response in responses.items():
        assert (response.status, response.error, response.truncated) == (status, None, True)
        assert 0 < len(response.body) < len(body)
        assert response.duration_ms >= 2950


def test_slow_headers_end_at_the_total_deadline(hasty_client, receiver):
    response = send(hasty_client, receiver.answering(drip(every_s=0.2, head=True)))
    assert (response.status, response.error) == (None, ErrorClass.TIMEOUT)
    assert response.duration_ms >= TIMEOUT_S * 1000 - 50


def test_a_receiver_that_never_answers_is_a_timeout(hasty_client, receiver):
    response = send(hasty_client, receiver.answering(hang()))
    assert (response.status, response.error, response.body) == (None, ErrorClass.TIMEOUT, b"")
    assert response.reason == "No complete answer came in time."


def test_only_an_interim_answer_is_a_timeout(hasty_client, receiver):
    response = send(hasty_client, receiver.answering(raw(b"HTTP/1.1 100 Continue\r\n\r\n", end="hang")))
    assert (response.status, response.error) == (None, ErrorClass.TIMEOUT)


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_body_that_stops_short_is_judged_by_its_status(client, receiver, end):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"
    response = send(client, receiver.answering(raw(head, end=end)))
    assert (response.status, response.error, response.truncated) == (200, None, True)


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"220 mail.example ESMTP\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\n\r\n",
        b"HTTP/1.1 600 Odd\r\n\r\n",
        b"HTTP/1.1 000 Odd\r\n\r\n",
        b"HTTP/1.1 20 Odd\r\n\r\n",
        b"HTTP/1.1 2000 Odd\r\n\r\n",
        b"HTTP/1.1 abc Odd\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: y\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 400_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000,
        b"\0" * 100,
        b"\x15\x03\x01\x00\x02\x02\x46",
    ],
)
def test_what_is_not_http_is_a_protocol_error(client, receiver, data):
    response = send(client, receiver.answering(raw(data)))
    assert (response.status, response.error) == (None, ErrorClass.PROTOCOL)
    assert response.reason == "The answer was not a valid HTTP response."


@pytest.mark.parametrize("answer", [reset(), raw(b""), raw(b"HTTP/1.1 200 OK\r\nX: y\r\n", end="reset")])
def test_a_connection_that_ends_before_the_head_is_a_connection_error(client, receiver, answer):
    response = send(client, receiver.answering(answer))
    assert (response.status, response.error) == (None, ErrorClass.CONNECT)


def test_an_answer_is_never_taken_for_that_of_the_next_request(receiver):
    first = Answer(headers=(("X-A", "1"), ("Connection", "close")), body=b"first", end="close")
    url = receiver.answering(first, reset(), Answer(status=500, body=b""), hang(), raw(b"x\r\n"))

    with HttpClient(LOOPBACK, timeout_s=3) as client:
        responses = [send(client, url) for _ in range(5)]

    assert [(response.status, response.error, response.body) for response in responses] == [
        (200, None, b"first"),
        (None, ErrorClass.CONNECT, b""),
        (500, None, b""),
        (None, ErrorClass.TIMEOUT, b""),
        (None, ErrorClass.PROTOCOL, b""),
    ]
    assert responses[2].header("x-a") is None


def test_a_refused_connection_is_a_connection_error(client, receiver):
    url = receiver.url("/")
    receiver.close()
    response = send(client, url)
    assert (response.status, response.error) == (None, ErrorClass.CONNECT)
    assert "127.0.0.1" not in response.reason


def test_bytes_that_no_database_takes_survive_and_become_storable_text(client, receiver):
    body = b"a\0b\xff<script>\x1b[31m=cmd()"
    response = send(client, receiver.answering(Answer(body=body)))
    assert response.body == body
    assert text(response.body) == "a\ufffdb\ufffd<script>\x1b[31m=cmd()"


def test_a_compressed_body_is_not_unpacked(client, receiver):
    bomb = b"\x1f\x8b\x08\x00" + b"x" * 100
    for coding in ("gzip", "br", "zstd", "unknown"):
        response = send(client, receiver.answering(Answer(headers=(("Content-Encoding", coding),), body=bomb)))
        assert (response.status, response.body) == (200, bomb)


@pytest.mark.parametrize(
    "header",
    [
        ("X-A", "b\r\nHost: evil"),
        ("X-A", "b\nc"),
        ("X-A", "b\0"),
        ("X-A", "\x7f"),
        ("X-A", "漢"),
        ("X-A\r\nX-B", "c"),
        ("X A", "b"),
        ("", "b"),
        ("X:A", "b"),
        ("Hôte", "b"),
        ("Host", "evil"),
        ("content-length", "1"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
        ("Expect", "100-continue"),
        ("Proxy-Authorization", "x"),
        ("Accept-Encoding", "gzip"),
    ],
)
def test_a_header_that_would_break_the_request_is_never_sent(client, receiver, header):
    response = send(client, OutgoingRequest(receiver.url(), (header,), b""))
    assert (response.status, response.error) == (None, ErrorClass.BLOCKED)
    assert receiver.connections == 0


def test_proxies_netrc_and_certificates_of_the_environment_are_ignored(receiver, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    with HttpClient(LOOPBACK, timeout_s=60) as client:
        response = send(client, receiver.url())

    assert (response.status, receiver.requests()[0].header("authorization")) == (200, None)


def test_ipv6_works():
    with Receiver(host="::1") as receiver, HttpClient(LOOPBACK, timeout_s=60) as client:
        assert send(client, receiver.url("/x")).status == 200
        assert receiver.requests()[0].header("host") == f"[::1]:{receiver.port}"


def test_it_works_where_there_is_no_epoll(receiver, monkeypatch):
    monkeypatch.delattr("select.epoll")
    receiver.answer(Answer(end="close"), path="/closing")
    with HttpClient(LOOPBACK, timeout_s=60) as client:
        for _ in range(3):
            for n in range(20):
                client.submit(n, request(receiver.url("/closing" if n % 2 else "/")))
            assert {response.status for response in collect(client, 20).values()} == {200}
        assert [send(client, receiver.url()).status for _ in range(3)] == [200] * 3


def test_no_file_is_left_open(receiver):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with HttpClient(LOOPBACK, timeout_s=60) as client:
            for n in range(10):
                client.submit(n, request(receiver.url("/")))
            collect(client, 10)
            client.submit("left", request(receiver.url("/")))
    receiver.close()
    assert len(os.listdir("/proc/self/fd")) <= before


def test_the_limit_of_open_files_is_raised_to_what_is_allowed():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
    try:
        limit = raise_open_files_limit(512)
        assert limit == resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(512, hard)
        assert raise_open_files_limit(100) == limit
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

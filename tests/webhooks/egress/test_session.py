"""The session for other calls obeys the same policy, whatever `requests` would do of its own accord."""

import io
from time import monotonic

import pytest
import requests
import responses

from tests.receiver import Answer, Receiver, drip, endless, hang, raw, reset
from tests.webhooks.egress.conftest import LOOPBACK, request
from webhooks.egress import Blocked, ErrorClass, Policy, fetch, guarded_session
from webhooks.egress.exchange import OutgoingRequest


@pytest.fixture
def session():
    with guarded_session(LOOPBACK, 5) as session:
        yield session


def test_it_is_a_session_as_any_other(session, receiver):
    url = receiver.answering(
        Answer(status=201, headers=(("X-A", "1"), ("Content-Type", "application/json")), body=b'{"a": 1}')
    )

    response = session.put(url, json={"b": 2}, params={"c": "é"}, headers={"X-Key": "k"}, auth=("al", "pw"))

    assert (response.status_code, response.json(), response.headers["x-a"], response.reason) == (
        201,
        {"a": 1},
        "1",
        "Created",
    )
    [got] = receiver.requests()
    assert (got.method, got.path, got.json()) == ("PUT", "/1?c=%C3%A9", {"b": 2})
    assert (got.header("x-key"), got.header("authorization")) == ("k", "Basic YWw6cHc=")
    assert (got.header("content-type"), got.header("user-agent")) == ("application/json", "Porte-voix")
    assert got.header("accept-encoding") == "identity"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE", "PATCH", "POST"])
def test_every_method_works_and_none_sticks(session, receiver, method):
    assert [session.request(verb, receiver.url()).status_code for verb in (method, "GET")] == [200, 200]
    got = receiver.requests()
    assert [request.method for request in got] == [method, "GET"]
    assert got[1].header("content-length") is None


def test_a_file_and_parts_are_sent_whole(session, receiver):
    session.post(receiver.url("/stream"), data=io.BytesIO(b"abc"))
    session.post(receiver.url("/parts"), data=iter([b"a", b"bc"]))
    session.post(receiver.url("/form"), files={"file": ("a.csv", b"a;b\n")})

    stream, parts, form = receiver.requests()
    assert (stream.body, parts.body) == (b"abc", b"abc")
    assert form.header("content-type").startswith("multipart/form-data; boundary=")
    assert b'filename="a.csv"\r\n\r\na;b\n\r\n' in form.body


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://10.0.0.1/", "http://localhost/", "http://redis:6379/", "http://a:b@example.com/"],
)
def test_a_closed_url_is_refused(url):
    with guarded_session(Policy(), 5) as session, pytest.raises(Blocked):
        session.get(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{}\\@example.com/", "http://%31%32%37.0.0.1:{}/", "http://2130706433:{}/"]
)
def test_a_url_that_is_read_in_two_ways_leads_nowhere(receiver, url):
    with guarded_session(Policy(), 5) as session, pytest.raises((Blocked, requests.RequestException)):
        session.get(url.format(receiver.port))
    assert receiver.connections == 0


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["2606:4700::1111", "fd00::1"]])
def test_a_name_with_any_closed_address_is_refused(names, receiver, addresses):
    names(hook=addresses)
    with guarded_session(Policy(), 5) as session, pytest.raises(Blocked, match="EGRESS_ALLOW"):
        session.get(f"http://hook.example:{receiver.port}/")
    assert receiver.connections == 0


def test_the_host_keeps_its_name_in_the_certificate_and_the_request(names, authority):
    names(hook=["127.0.0.1"])
    with (
        Receiver(tls=authority.server("hook.example"), name="hook.example") as receiver,
        guarded_session(Policy.from_allow(["hook.example"]), 5, ca_file=authority.ca_file) as session,
    ):
        assert session.get(receiver.url("/x")).status_code == 200
        assert receiver.requests()[0].header("host") == f"hook.example:{receiver.port}"


@pytest.mark.parametrize("verify", [True, False])
def test_a_certificate_that_nobody_vouches_for_is_an_error_even_when_asked_not_to_verify(session, authority, verify):
    with Receiver(tls=authority.server("localhost"), name="localhost") as receiver:
        with pytest.raises(requests.exceptions.SSLError):
            session.get(receiver.url(), verify=verify)
        assert fetch(session, request(receiver.url())).error is ErrorClass.TLS


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed_even_when_asked_to(session, receiver, status):
    url = receiver.answering(Answer(status=status, headers=(("Location", receiver.url("/elsewhere")),)))
    for allow in (True, False):
        response = session.post(url, data=b"x", allow_redirects=allow)
        assert (response.status_code, response.history) == (status, [])
    assert receiver.requests("/elsewhere") == []


def test_no_cookie_is_kept(session, receiver):
    url = receiver.answering(Answer(headers=(("Set-Cookie", "a=b; Path=/"),)))
    for _ in range(2):
        session.get(url)
    assert [got.header("cookie") for got in receiver.requests()] == [None, None]
    assert not session.cookies


def test_proxies_and_netrc_are_ignored(session, receiver, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    response = session.get(receiver.url(), proxies={"http": "http://127.0.0.1:1"})
    assert (response.status_code, receiver.requests()[0].header("authorization")) == (200, None)


@pytest.mark.parametrize("answer", [hang(), drip(every_s=0.02), drip(every_s=0.02, head=True)])
def test_the_deadline_is_total(receiver, answer):
    started = monotonic()
    with guarded_session(LOOPBACK, 0.3) as session, pytest.raises(requests.RequestException):
        session.get(receiver.answering(answer), timeout=60)
    assert monotonic() - started < 3


def test_an_endless_answer_is_an_error_and_not_kept(session, receiver, monkeypatch):
    monkeypatch.setattr("webhooks.egress.session.MAX_BODY_BYTES", 100_000)
    with pytest.raises(requests.ConnectionError, match="too long"):
        session.get(receiver.answering(endless()))


def test_a_compressed_answer_is_not_unpacked(session, receiver):
    url = receiver.answering(Answer(headers=(("Content-Encoding", "gzip"),), body=b"\x1f\x8bwhatever"))
    assert session.get(url).content == b"\x1f\x8bwhatever"


@pytest.mark.parametrize(
    ("answer", "error"),
    [(hang(), ErrorClass.TIMEOUT), (reset(), ErrorClass.CONNECT), (raw(b"garbage\r\n"), ErrorClass.PROTOCOL)],
)
def test_a_failure_is_a_response_when_fetched(receiver, answer, error):
    with guarded_session(LOOPBACK, 0.3) as session:
        response = fetch(session, request(receiver.answering(answer)))
    assert (response.status, response.error, response.body) == (None, error, b"")
    assert response.reason


def test_what_is_refused_is_a_response_when_fetched(names):
    names(gone=[], inside=["10.0.0.1"])
    with guarded_session(Policy(), 5) as session:
        errors = [
            fetch(session, request(url)).error
            for url in (
                "http://10.0.0.1/",
                "http://inside.example/",
                "nonsense",
                "ftp://a.example/",
                "http://gone.example/",
            )
        ]
    assert errors == [*[ErrorClass.BLOCKED] * 4, ErrorClass.DNS]


def test_an_answer_fetched_has_all_that_the_courier_would_see(session, receiver):
    url = receiver.answering(Answer(status=400, headers=(("X-A", "1"),), body=b"no"))
    response = fetch(session, OutgoingRequest(url, (("Content-Type", "text/plain"),), b"x"))
    assert (response.status, response.body, response.error, response.truncated) == (400, b"no", None, False)
    assert response.header("x-a") == "1"
    assert receiver.requests()[0].body == b"x"


@responses.activate
def test_canned_answers_take_the_place_of_the_network(session):
    responses.get("https://catalog.example/api/1/me", json={"id": 1})
    responses.get("https://catalog.example/slow", body=requests.Timeout())
    responses.get("https://catalog.example/down", body=requests.ConnectionError())
    assert session.get("https://catalog.example/api/1/me").json() == {"id": 1}
    get = OutgoingRequest("https://catalog.example/slow", (), b"", method="GET")
    assert fetch(session, get).error is ErrorClass.TIMEOUT
    down = OutgoingRequest("https://catalog.example/down", (), b"", method="GET")
    assert fetch(session, down).error is ErrorClass.CONNECT

"""A call that is not a delivery obeys the same policy; its failures are responses."""

import pytest

from tests.receiver import Answer, Receiver, drip, endless, hang, raw, reset
from tests.webhooks.egress.conftest import request
from webhooks.egress import ErrorClass, OutgoingRequest, fetch


@pytest.fixture(autouse=True)
def _loopback_is_open(settings):
    settings.EGRESS_ALLOW = ["127.0.0.0/8:*", "[::1]:*", "localhost:*"]


def got(what, *, timeout_s=60):
    return fetch(request(what) if isinstance(what, str) else what, timeout_s=timeout_s)


def test_a_response_has_all_that_the_courier_would_see(receiver):
    url = receiver.answering(Answer(status=400, headers=(("X-A", "1"),), body=b"no"))

    response = got(OutgoingRequest(url, (("Content-Type", "text/plain"), ("X-Key", "k")), b"x"))

    assert (response.status, response.body, response.error, response.truncated) == (400, b"no", None, False)
    assert response.header("x-a") == "1"
    [arrived] = receiver.requests()
    assert (arrived.method, arrived.body, arrived.header("content-type")) == ("POST", b"x", "text/plain")
    assert (arrived.header("x-key"), arrived.header("accept-encoding")) == ("k", "identity")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE", "PATCH", "PUT"])
def test_every_method_works(receiver, method):
    assert got(OutgoingRequest(receiver.url(), (), b"", method=method)).status == 200
    assert [arrived.method for arrived in receiver.requests()] == [method]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://127.0.0.1/", ErrorClass.BLOCKED),
        ("http://10.0.0.1/", ErrorClass.BLOCKED),
        ("http://169.254.169.254/", ErrorClass.BLOCKED),
        ("http://localhost/", ErrorClass.BLOCKED),
        ("http://redis:6379/", ErrorClass.BLOCKED),
        ("http://a:b@example.com/", ErrorClass.BLOCKED),
        ("http://inside.example/", ErrorClass.BLOCKED),
        ("ftp://a.example/", ErrorClass.BLOCKED),
        ("nonsense", ErrorClass.BLOCKED),
        ("http://gone.example/", ErrorClass.DNS),
    ],
)
def test_a_closed_or_impossible_url_is_a_response(settings, names, url, error):
    settings.EGRESS_ALLOW = []
    names(gone=[], inside=["10.0.0.1"])

    response = got(url)

    assert (response.status, response.error, bool(response.reason)) == (None, error, True)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{}\\@example.com/", "http://%31%32%37.0.0.1:{}/", "http://2130706433:{}/"]
)
def test_a_url_that_can_be_read_in_two_ways_is_not_called(settings, receiver, url):
    settings.EGRESS_ALLOW = []
    assert got(url.format(receiver.port)).error is ErrorClass.BLOCKED
    assert receiver.connections == 0


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["2606:4700::1111", "fd00::1"]])
def test_a_name_with_any_closed_address_is_refused(settings, names, receiver, addresses):
    settings.EGRESS_ALLOW = []
    names(hook=addresses)

    response = got(f"http://hook.example:{receiver.port}/")

    assert response.error is ErrorClass.BLOCKED
    assert "EGRESS_ALLOW" in response.reason
    assert receiver.connections == 0


def test_the_host_keeps_its_name_in_the_certificate_and_the_request(settings, names, authority):
    settings.EGRESS_ALLOW, settings.EGRESS_CA_FILE = ["hook.example"], authority.ca_file
    names(hook=["127.0.0.1"])
    with Receiver(tls=authority.server("hook.example"), name="hook.example") as receiver:
        assert got(receiver.url("/x")).status == 200
        assert receiver.requests()[0].header("host") == f"hook.example:{receiver.port}"


def test_a_certificate_that_no_authority_signed_is_an_error(authority):
    with Receiver(tls=authority.server("localhost"), name="localhost") as receiver:
        assert got(receiver.url()).error is ErrorClass.TLS
        assert receiver.requests() == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(receiver, status):
    url = receiver.answering(Answer(status=status, headers=(("Location", receiver.url("/elsewhere")),)))
    assert got(url).status == status
    assert receiver.requests("/elsewhere") == []


def test_no_cookie_is_kept(receiver):
    url = receiver.answering(Answer(headers=(("Set-Cookie", "a=b; Path=/"),)))
    for _ in range(2):
        got(url)
    assert [arrived.header("cookie") for arrived in receiver.requests()] == [None, None]


def test_proxies_netrc_and_certificates_of_the_environment_are_ignored(receiver, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("CURL_CA_BUNDLE", "/nowhere")
    assert (got(receiver.url()).status, receiver.requests()[0].header("authorization")) == (200, None)


@pytest.mark.parametrize(
    ("answer", "timeout_s", "error"),
    [
        (hang(), 0.3, ErrorClass.TIMEOUT),
        (drip(every_s=0.5, head=True), 0.3, ErrorClass.TIMEOUT),
        (drip(b"x" * 5000, every_s=0.02), 2, ErrorClass.PROTOCOL),  # its head comes in time on a busy machine, too
        (reset(), 60, ErrorClass.CONNECT),
        (raw(b"garbage\r\n"), 60, ErrorClass.PROTOCOL),
    ],
)
def test_a_failure_is_a_response_by_the_total_deadline(receiver, answer, timeout_s, error):
    response = got(receiver.answering(answer), timeout_s=timeout_s)

    assert (response.status, response.error, response.body) == (None, error, b"")
    assert response.reason


def test_a_client_that_is_late_itself_is_a_time_out(receiver, monkeypatch):
    monkeypatch.setattr("webhooks.egress.factory.FETCH_GRACE_S", -0.4)
    assert got(receiver.answering(hang()), timeout_s=0.5).error is ErrorClass.TIMEOUT


def test_an_endless_answer_is_an_error_and_not_kept(receiver, monkeypatch):
    monkeypatch.setattr("webhooks.egress.factory.FETCH_MAX_BODY_BYTES", 100_000)

    response = got(receiver.answering(endless()))

    assert (response.status, response.error, response.body) == (None, ErrorClass.PROTOCOL, b"")
    assert "too long" in response.reason


def test_a_compressed_answer_is_not_unpacked(receiver):
    url = receiver.answering(Answer(headers=(("Content-Encoding", "gzip"),), body=b"\x1f\x8bwhatever"))
    assert got(url).body == b"\x1f\x8bwhatever"

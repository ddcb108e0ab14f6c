"""Names: every address is judged, at the moment of dialling, and a dead name delays nobody."""

from datetime import UTC, datetime
from time import monotonic

import certifi
import pycurl
import pytest

from tests.name_server import NXDOMAIN, SERVFAIL, addresses, failing, silent
from tests.polling import eventually
from tests.receiver import Receiver
from tests.webhooks.egress.conftest import LOOPBACK, collect, request, send
from webhooks.egress import names as names_module
from webhooks.egress import resolver as resolver_module
from webhooks.egress.connections import ConnectionPool, KeptConnections
from webhooks.egress.exchange import ErrorClass, Response
from webhooks.egress.policy import Policy
from webhooks.egress.stall import StallGuard
from webhooks.egress.transfer import Call, Transfer

BLOCKED = "This address is not on the public internet. An operator can open it with the setting EGRESS_ALLOW."


def new_transfer(policy: Policy) -> Transfer:
    return Transfer(
        policy,
        KeptConnections(limit=1),
        StallGuard(None),
        connect_timeout_ms=2000,
        max_body_bytes=100,
        user_agent="x",
        ca_file=certifi.where(),
    )


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        ["8.8.8.8", "fd00::1"],
        ["2606:4700::1111", "10.0.0.1"],
        [*(f"8.8.8.{n}" for n in range(100)), "127.0.0.1"],
        ["169.254.169.254"],
    ],
)
def test_a_name_with_any_closed_address_is_blocked_and_nothing_is_dialled(names, receiver, addresses, under):
    names(hook=addresses)
    with under(Policy()) as client:
        response = send(client, f"http://hook.example:{receiver.port}/")
    assert (response.status, response.error, response.reason) == (None, ErrorClass.BLOCKED, BLOCKED)
    assert receiver.connections == 0


def test_a_closed_url_is_blocked_without_any_look_up(receiver, under):
    with under(Policy()) as client:
        response = send(client, receiver.url())
        assert (response.status, response.error, response.reason) == (None, ErrorClass.BLOCKED, BLOCKED)
        assert send(client, "ftp://example.com/").error is ErrorClass.BLOCKED
        assert send(client, "nonsense").error is ErrorClass.BLOCKED
    assert receiver.connections == 0


def test_metadata_stays_blocked_for_a_name_that_is_open(names, under):
    names(hook=["169.254.169.254"])
    with under(Policy.from_allow(["hook.example"])) as client:
        assert send(client, "http://hook.example/").error is ErrorClass.BLOCKED


def test_a_name_that_is_open_reaches_its_private_address_and_keeps_its_name(names, receiver, under):
    names(hook=["127.0.0.1"])
    with under(Policy.from_allow(["hook.example"])) as client:
        assert send(client, f"http://hook.example:{receiver.port}/x").status == 200
    assert receiver.requests()[0].header("host") == f"hook.example:{receiver.port}"


def test_the_next_address_is_tried_when_one_does_not_answer(names, receiver, under):
    names(hook=["127.0.0.2", "127.0.0.1"])
    with under(LOOPBACK) as client:
        assert send(client, f"http://hook.example:{receiver.port}/").status == 200


def test_the_name_is_looked_up_once_for_many_requests(names, receiver, under):
    asked = []

    def look_up():
        asked.append(1)
        return ["127.0.0.1"]

    names(hook=look_up)
    with under(LOOPBACK) as client:
        for n in range(20):
            client.submit(n, request(f"http://hook.example:{receiver.port}/{n}"))
        assert {response.status for response in collect(client, 20).values()} == {200}
        assert send(client, f"http://hook.example:{receiver.port}/").status == 200
    assert len(asked) == 1


def test_a_name_that_moves_inside_is_blocked_at_the_next_look_up(names, receiver, monkeypatch, under):
    """The public look-up is LOOPBACK's network here; the move is out of it, to another private one."""
    monkeypatch.setattr(names_module, "FRESH_S", 0.0)
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    names(hook=lambda: next(answers))
    with under(LOOPBACK) as client:
        url = f"http://hook.example:{receiver.port}/"
        client.submit(1, request(url))
        first = collect(client)[1]
        second = send(client, url)
    assert (first.status, second.error) == (200, ErrorClass.BLOCKED)


def test_libcurl_itself_cannot_dial_a_closed_address(receiver):
    """The control below the look-up: what it dials is judged, whatever it was told before."""
    transfer = new_transfer(Policy())
    url = LOOPBACK.parse(receiver.url())
    transfer.load(
        Call(1, request(receiver.url()), url, [], datetime.now(UTC), monotonic()),
        ConnectionPool("1.invalid"),
        timeout_ms=2000,
    )
    transfer.pin(("127.0.0.1",), [])
    with pytest.raises(pycurl.error) as caught:
        transfer.curl.perform()

    response = transfer.response(caught.value.args[0], caught.value.args[1])
    assert (response.error, response.reason) == (ErrorClass.BLOCKED, BLOCKED)
    assert receiver.connections == 0


def test_a_closed_address_among_those_that_libcurl_dials_closes_all_that_follow(receiver):
    dialled = []

    class Watching(Policy):
        def judge_address(self, ip: str, host: str, port: int) -> None:
            dialled.append(ip)
            super().judge_address(ip, host, port)

    transfer = new_transfer(Watching(allow_networks=LOOPBACK.allow_networks))
    url = LOOPBACK.parse(f"http://hook.example:{receiver.port}/")
    transfer.load(
        Call(1, request(url.text), url, [], datetime.now(UTC), monotonic()),
        ConnectionPool("1.invalid"),
        timeout_ms=2000,
    )
    transfer.pin(("10.0.0.1", "127.0.0.1"), [])
    with pytest.raises(pycurl.error) as caught:
        transfer.curl.perform()

    assert transfer.response(*caught.value.args).error is ErrorClass.BLOCKED
    assert dialled == ["10.0.0.1", "127.0.0.1"]
    assert receiver.connections == 0


def test_a_name_that_does_not_exist_is_a_dns_error(names, under):
    names(gone=[])
    with under(LOOPBACK) as client:
        response = send(client, "http://gone.example/")
    assert (response.status, response.error) == (None, ErrorClass.DNS)
    assert response.reason == "The host name could not be resolved."


@pytest.mark.parametrize("failure", [failing(NXDOMAIN), failing(SERVFAIL), addresses()])
def test_a_name_that_failed_is_asked_for_again_after_a_moment(under, name_server, receiver, monkeypatch, failure):
    monkeypatch.setattr(names_module, "FAILED_S", 0.0)
    name_server.say("hook.example", failure)
    with under(LOOPBACK) as client:
        url = f"http://hook.example:{receiver.port}/"
        assert send(client, url).error is ErrorClass.DNS
        name_server.say("hook.example", addresses("127.0.0.1"))
        eventually(lambda: send(client, url).status == 200)


def test_names_that_hang_time_out_as_dns_errors_and_delay_nobody(names, under, name_server, receiver):
    for n in range(40):
        name_server.say(f"slow{n}.example", silent)
    names(quick=["127.0.0.1"])
    with under(LOOPBACK, timeout_s=60, connect_timeout_s=1) as client:
        for n in range(200):
            client.submit(("slow", n), request(f"http://slow{n % 40}.example/"))
        client.submit("quick", request(f"http://quick.example:{receiver.port}/"))

        answered: list[tuple[object, Response]] = []
        while len(answered) < 201:
            answered += client.poll(10)
    keys = [key for key, _response in answered]
    assert keys.index("quick") < 200
    assert dict(answered)["quick"].status == 200
    assert {response.error for key, response in answered if key != "quick"} == {ErrorClass.DNS}
    assert min(response.duration_ms for key, response in answered if key != "quick") >= 1000


def test_more_names_than_have_places_are_all_looked_up(names, receiver, monkeypatch, under):
    monkeypatch.setattr(resolver_module, "MAX_LOOKUPS_PER_OWNER", 3)
    names(**{f"host{n}": ["127.0.0.1"] for n in range(50)})
    with under(LOOPBACK) as client:
        for n in range(50):
            client.submit(n, request(f"http://host{n}.example:{receiver.port}/"))
        assert {response.status for response in collect(client, 50).values()} == {200}


def test_requests_whose_name_is_looked_up_can_be_aborted(under, name_server):
    name_server.say("slow.example", silent)
    with under(LOOPBACK) as client:
        client.submit("slow", request("http://slow.example/"))
        assert client.poll(0.05) == []
        assert client.abort_all() == ["slow"]
        assert (client.in_flight, client.poll(0.1)) == (0, [])


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["::1"], ["127.0.0.1", "::1"], ["::1", "127.0.0.1"]])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_name_is_reached_over_the_family_that_answers(names, addresses, host, under):
    names(hook=addresses)
    with Receiver(host=host, name="hook.example") as receiver, under(LOOPBACK) as client:
        response = send(client, receiver.url())
    assert response.status == (200 if host in addresses else None)


def test_localhost_is_this_machine(receiver, under):
    with under(Policy.from_allow(["localhost"])) as client:
        assert send(client, f"http://localhost:{receiver.port}/").status == 200

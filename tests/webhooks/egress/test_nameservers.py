"""The name servers as they are: silent, late, lying, failing; the hosts file and resolv.conf of the machine."""

import os
import threading
from collections.abc import Callable, Iterator
from time import monotonic

import pytest

from tests.name_server import (
    REFUSED,
    SERVFAIL,
    addresses,
    alias,
    failing,
    garbage,
    held,
    silent,
    truncated,
    unasked,
)
from tests.polling import eventually
from webhooks.egress import nameservers
from webhooks.egress.nameservers import Answer, NameServers, read_servers
from webhooks.egress.poller import Poller


@pytest.fixture
def poller() -> Iterator[Poller]:
    poller = Poller(on_unwatched=lambda fd: None)
    yield poller
    poller.close()


@pytest.fixture
def servers(name_server, poller, monkeypatch) -> Iterator[NameServers]:
    monkeypatch.setattr(nameservers, "TIMEOUT_S", 0.1)
    servers = NameServers((name_server.address,), poller)
    yield servers
    servers.close()


def answers(servers: NameServers, poller: Poller, until: Callable[[list[Answer]], bool]) -> list[Answer]:
    """Let `servers` go on until what it answered is enough, and return that."""
    found: list[Answer] = []
    deadline_s = monotonic() + 60
    while not until(found):
        assert monotonic() < deadline_s, found
        for fd, ready in poller.wait(min(0.1, servers.timeout_s())):
            servers.process(fd, ready)
        found += servers.take()
    return found


def answer(servers: NameServers, poller: Poller, host: str = "hook.example") -> tuple[tuple[str, ...], bool]:
    servers.ask(host)
    [found] = answers(servers, poller, bool)
    return found.addresses, found.is_answer


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (addresses("192.0.2.1"), (("192.0.2.1",), True)),
        (addresses("192.0.2.1", "192.0.2.1"), (("192.0.2.1",), True)),
        (addresses("2001:db8::1"), (("2001:db8::1",), True)),
        (addresses(), ((), True)),
        (failing(SERVFAIL), ((), False)),
        (failing(REFUSED), ((), False)),
        (alias("hook.example"), ((), True)),
        (silent, ((), False)),
        (garbage, ((), False)),
        (unasked("192.0.2.66"), ((), False)),
    ],
)
def test_what_a_server_says_is_what_is_known(name_server, servers, poller, reply, expected):
    name_server.say("hook.example", reply)

    assert answer(servers, poller) == expected


def test_a_name_that_does_not_exist_is_an_answer(servers, poller):
    assert answer(servers, poller, "nowhere.example") == ((), True)


def test_ipv4_and_ipv6_come_in_turn(name_server, servers, poller):
    name_server.say("hook.example", addresses("2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2", "192.0.2.3"))

    found, _is_answer = answer(servers, poller)

    assert sorted(found[:2]) == ["192.0.2.1", "2001:db8::1"] or len({":" in address for address in found[:2]}) == 2
    assert len(found) == 5
    assert ":" not in found[-1]


@pytest.mark.parametrize("reply", [truncated(addresses("192.0.2.1")), addresses(*(f"192.0.2.{n}" for n in range(200)))])
def test_what_does_not_fit_is_asked_for_over_tcp(name_server, servers, poller, reply):
    name_server.say("hook.example", reply)

    found, _is_answer = answer(servers, poller)

    assert "192.0.2.1" in found
    assert name_server.asked_over_tcp["hook.example"] == 1


def test_five_hundred_addresses_are_all_found(name_server, servers, poller):
    wanted = [f"198.51.{n // 250}.{n % 250 + 1}" for n in range(500)]
    name_server.say("hook.example", addresses(*wanted))

    assert sorted(answer(servers, poller)[0]) == sorted(wanted)


def test_a_late_answer_is_an_answer(name_server, servers, poller):
    released = threading.Event()
    name_server.say("hook.example", held(released, addresses("192.0.2.1")))
    servers.ask("hook.example")
    answers(servers, poller, lambda _found: name_server.asked("hook.example") > 1)  # the first one was given up

    released.set()

    [found] = answers(servers, poller, bool)
    assert found == Answer("hook.example", ("192.0.2.1",), True)


def test_names_that_are_never_answered_hold_up_no_other_and_one_name_is_asked_for_once(name_server, servers, poller):
    name_server.say_of_others(silent)
    name_server.say("quick.example", addresses("192.0.2.1"))
    for n in range(500):
        servers.ask(f"dead{n}.example")
    for _ in range(10):
        servers.ask("quick.example")

    [first, *_] = answers(servers, poller, bool)

    assert first == Answer("quick.example", ("192.0.2.1",), True)
    assert name_server.asked("quick.example") == 1


@pytest.mark.parametrize("host", ["localhost", "any.localhost"])
def test_this_machine_is_found_without_asking_anybody(name_server, servers, poller, host):
    found, _is_answer = answer(servers, poller, host)

    assert set(found) <= {"127.0.0.1", "::1"}
    assert "127.0.0.1" in found
    assert name_server.names_asked() == set()


def test_search_domains_are_not_tried(name_server, servers, poller, monkeypatch):
    monkeypatch.setenv("LOCALDOMAIN", "example")
    monkeypatch.setenv("RES_OPTIONS", "ndots:3")
    name_server.say("intranet.example", addresses("192.0.2.66"))

    assert answer(servers, poller, "intranet") == ((), True)
    assert name_server.names_asked() == {"intranet"}


def test_a_resolv_conf_that_was_changed_is_read_anew_and_what_was_kept_forgotten(
    name_server, poller, tmp_path, monkeypatch
):
    monkeypatch.setattr(nameservers, "CHECK_INTERVAL_S", 0.0)
    conf = tmp_path / "resolv.conf"
    conf.write_text("nameserver 192.0.2.53\n")
    name_server.say("hook.example", addresses("192.0.2.1", ttl=600))
    servers = NameServers((name_server.address,), poller, resolv_conf=str(conf))
    try:
        for _ in range(3):
            assert answer(servers, poller) == (("192.0.2.1",), True)
        assert name_server.asked("hook.example") == 1

        name_server.say("hook.example", addresses("192.0.2.2"))
        fresh = tmp_path / "fresh"
        fresh.write_text("nameserver 192.0.2.54\n")
        os.replace(fresh, conf)

        eventually(lambda: answer(servers, poller) == (("192.0.2.2",), True))
    finally:
        servers.close()


def test_after_the_end_nothing_is_told(name_server, poller):
    name_server.say("hook.example", silent)
    servers = NameServers((name_server.address,), poller)
    servers.ask("hook.example")
    name_server.wait_until_asked("hook.example")

    servers.close()

    assert (servers.is_busy, servers.take()) == (False, [])


@pytest.mark.parametrize("entry", ["192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:53"])
def test_a_server_is_an_address_with_or_without_a_port(entry):
    assert read_servers([f" {entry} ", ""]) == (entry,)


@pytest.mark.parametrize(
    "entry", ["ns.example", "192.0.2", "192.0.2.1:0", "192.0.2.1:65536", "[2001:db8::1", "1:2", "x"]
)
def test_anything_else_is_refused(entry):
    with pytest.raises(ValueError, match="EGRESS_DNS_SERVERS"):
        read_servers([entry])

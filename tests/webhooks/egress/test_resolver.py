"""Whose look-up begins, who is served what is known, and what nobody waits for any more."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic

import pytest

from tests.name_server import SERVFAIL, addresses, failing, silent
from webhooks.egress import resolver as resolver_module
from webhooks.egress.names import FRESH_S, REFRESH_AFTER_S, Names
from webhooks.egress.nameservers import NameServers
from webhooks.egress.poller import Poller
from webhooks.egress.resolver import Resolver

HOST = "hook.example"
OLD, NEW = ("192.0.2.1",), ("192.0.2.2",)


@dataclass(eq=False)
class Somebody:
    is_waiting: bool = True


class Looking:
    """A resolver with its poller, names and server."""

    def __init__(self, address: str, *, patience_s: float = 30.0) -> None:
        self.names = Names()
        self.poller = Poller(on_unwatched=lambda fd: None)
        self.resolver = Resolver(self.names, NameServers((address,), self.poller), patience_s=patience_s)

    def get(self, host: str = HOST, *, owner: int = 1, who: Somebody | None = None) -> tuple[str, ...] | None:
        lookup = self.resolver.get(host, who or Somebody(), owner=owner)
        return None if lookup is None else lookup.addresses

    def go_on(self, until: Callable[[], object]) -> None:
        deadline_s = monotonic() + 60
        while not until():
            assert monotonic() < deadline_s
            for fd, ready in self.poller.wait(min(0.05, self.resolver.timeout_s())):
                self.resolver.servers.process(fd, ready)
            self.resolver.advance()

    def knows(self, host: str = HOST, *, age_s: float) -> None:
        """Know the old address of `host` since `age_s`."""
        self.names.learn(host, OLD, now_s=monotonic() - age_s, took_s=0.0, is_slow=False)

    def close(self) -> None:
        self.resolver.servers.close()
        self.poller.close()


@pytest.fixture
def looking(name_server) -> Iterator[Looking]:
    looking = Looking(name_server.address)
    yield looking
    looking.close()


def test_who_waits_is_served_once_with_what_was_found(name_server, looking):
    name_server.say(HOST, addresses(*OLD))
    people = [Somebody() for _ in range(50)]
    assert [looking.get(who=who) for who in people] == [None] * 50

    looking.go_on(lambda: looking.names.get(HOST))

    assert [(who, found.addresses) for who, found in looking.resolver.served()] == [(who, OLD) for who in people]
    assert (looking.get(), looking.resolver.served(), name_server.asked(HOST)) == (OLD, [], 1)


def test_a_name_in_use_is_confirmed_ahead_and_nobody_waits(name_server, looking):
    name_server.say(HOST, addresses(*NEW))
    looking.knows(age_s=REFRESH_AFTER_S + 1)

    assert looking.get() == OLD
    looking.go_on(lambda: looking.get() == NEW)

    assert name_server.asked(HOST) == 1


def test_a_name_that_is_fresh_asks_nobody(name_server, looking):
    looking.knows(age_s=REFRESH_AFTER_S - 10)

    assert [looking.get() for _ in range(100)] == [OLD] * 100
    assert (looking.resolver.is_busy, name_server.names_asked()) == (False, set())


@pytest.mark.parametrize("reply", [silent, failing(SERVFAIL)])
def test_a_name_that_was_good_is_served_stale_when_dns_does_not_answer(name_server, looking, monkeypatch, reply):
    name_server.say(HOST, reply)
    looking.knows(age_s=FRESH_S + 1)
    who = Somebody()

    assert looking.get(who=who) is None
    served = []

    def somebody_is_served():
        served.extend(looking.resolver.served())
        return served

    looking.go_on(somebody_is_served)

    assert [(person, found.addresses) for person, found in served] == [(who, OLD)]
    assert looking.get() == OLD


def test_a_name_that_is_gone_is_not_served_stale(looking):
    looking.knows(age_s=FRESH_S + 1)

    assert looking.get() is None
    looking.go_on(lambda: looking.get() == ())


def test_a_good_name_out_of_date_does_not_wait_for_a_place(name_server, looking):
    name_server.say_of_others(silent)
    looking.knows(age_s=FRESH_S + 1)
    for n in range(resolver_module.MAX_LOOKUPS_PER_OWNER):
        looking.get(f"dead{n}.example")

    assert looking.get() == OLD


def test_dead_names_of_one_owner_hold_up_no_other_and_their_places_are_free_in_a_second(name_server, looking):
    name_server.say_of_others(silent)
    name_server.say(HOST, addresses(*OLD))
    most = resolver_module.MAX_LOOKUPS_PER_OWNER
    people = [Somebody() for _ in range(2 * most)]
    for n, who in enumerate(people):
        looking.get(f"dead{n}.example", who=who)
    looking.get(owner=1)
    name_server.wait_until_asked(f"dead{most - 1}.example")
    assert len(name_server.names_asked()) == most

    assert looking.get("other.example", owner=2) is None
    name_server.wait_until_asked("other.example")

    looking.go_on(lambda: looking.names.get(HOST))
    assert len(looking.resolver.served()) == 1  # no look-up of the others has ended


def test_a_place_is_free_at_once_when_nobody_wants_the_look_up_any_more(name_server, looking, monkeypatch):
    monkeypatch.setattr(resolver_module, "HOLD_S", 1e9)
    name_server.say_of_others(silent)
    name_server.say(HOST, addresses(*OLD))
    people = [Somebody() for _ in range(3 * resolver_module.MAX_LOOKUPS_PER_OWNER)]
    for n, who in enumerate(people):
        looking.get(f"dead{n}.example", who=who)
    assert looking.get() is None

    for who in people:
        who.is_waiting = False
    looking.go_on(lambda: looking.names.get(HOST))

    served = dict(looking.resolver.served())
    assert [served[who] for who in people] == [None] * len(people)
    assert len(name_server.names_asked()) <= resolver_module.MAX_LOOKUPS_PER_OWNER + 1


def test_names_known_to_be_slow_have_a_small_share_of_their_own(name_server, looking):
    name_server.say_of_others(silent)
    for n in range(100):
        looking.names.fail(f"dead{n}.example", now_s=monotonic() - 1000, took_s=5, is_slow=True, is_answer=False)
    name_server.say(HOST, addresses(*OLD))

    for n in range(100):
        looking.get(f"dead{n}.example")
    looking.get()

    looking.go_on(lambda: looking.names.get(HOST))
    assert len(name_server.names_asked()) == resolver_module.MAX_SLOW_PER_OWNER + 1


def test_a_look_up_ends_when_it_has_taken_long_enough_and_a_later_answer_is_remembered(name_server):
    looking = Looking(name_server.address, patience_s=0.1)
    name_server.say(HOST, silent)
    try:
        assert looking.get() is None
        looking.go_on(lambda: looking.get() == ())

        name_server.say(HOST, addresses(*OLD))  # the next time that c-ares asks, for the same look-up
        looking.go_on(lambda: looking.get() == OLD)
    finally:
        looking.close()


def test_what_was_waited_for_can_be_forgotten(name_server, looking):
    name_server.say(HOST, silent)
    looking.get()

    looking.resolver.forget_all()
    looking.resolver.advance()

    assert looking.resolver.served() == []

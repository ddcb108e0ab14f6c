"""Places for look-ups: never more than there are, in turns, and nobody who waits is forgotten."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from webhooks.egress.shares import Shares

HOSTS = st.sampled_from([f"host{n}.example" for n in range(12)])
OWNERS = st.integers(1, 4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), HOSTS, OWNERS), st.tuples(st.just("begin")), st.tuples(st.just("release"), HOSTS)
    ),
    max_size=80,
)


@given(steps=STEPS, most=st.integers(1, 6), most_per_owner=st.integers(1, 3))
def test_no_owner_and_not_all_together_hold_more_than_their_places(steps, most, most_per_owner):
    shares = Shares(most=most, most_per_owner=most_per_owner)
    waiting: set[tuple[str, int]] = set()
    holding: dict[str, set[int]] = {}
    for verb, *arguments in steps:
        if verb == "wait":
            host, owner = arguments
            shares.wait(host, owner)
            if host not in holding:
                waiting.add((host, owner))
        elif verb == "release":
            shares.release(arguments[0])
            holding.pop(arguments[0], None)
        elif (host := shares.next()) is not None:
            assert host not in holding
            holding[host] = {owner for waits, owner in waiting if waits == host}
            assert holding[host]
        assert set(shares.holders()) == set(holding)
        assert len(holding) <= most
        certain = Counter(next(iter(owners)) for owners in holding.values() if len(owners) == 1)
        assert all(number <= most_per_owner for number in certain.values())


@given(wanted=st.lists(st.tuples(HOSTS, OWNERS), max_size=40), most=st.integers(1, 6))
def test_everything_that_waits_has_its_turn(wanted, most):
    shares = Shares(most=most, most_per_owner=1)
    for host, owner in wanted:
        shares.wait(host, owner)

    begun = set()
    while (host := shares.next()) is not None:
        begun.add(host)
        shares.release(host)

    assert begun == {host for host, _owner in wanted}


@given(crowd=st.integers(1, 200), most=st.integers(2, 8))
def test_an_owner_who_asks_for_one_is_next_whatever_another_asks_for(crowd, most):
    shares = Shares(most=most, most_per_owner=most - 1)
    for n in range(crowd):
        shares.wait(f"dead{n}.example", 1)
    while shares.next():
        pass

    shares.wait("quick.example", 2)

    assert shares.next() == "quick.example"


def test_a_host_that_two_owners_want_is_looked_up_once():
    shares = Shares(most=9, most_per_owner=9)
    shares.wait("hook.example", 1)
    shares.wait("hook.example", 2)

    assert [shares.next(), shares.next()] == ["hook.example", None]

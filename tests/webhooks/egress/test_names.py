"""What is known of a name: for how long it holds, what failures make of it."""

from hypothesis import given
from hypothesis import strategies as st

from webhooks.egress import names as names_module
from webhooks.egress.names import FAILED_MAX_S, FAILED_S, FRESH_S, MAX_ADDRESSES, STALE_S, Names, literal

HOST = "hook.example"
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["addresses", "nothing", "silence"]), st.floats(0, 2 * STALE_S), st.floats(0, 10), st.booleans()
    ),
    min_size=1,
    max_size=12,
)


def learn(names: Names, now_s: float = 0.0, addresses: tuple[str, ...] = ("192.0.2.1",), host: str = HOST) -> None:
    names.learn(host, addresses, now_s=now_s, took_s=0.1, is_slow=False)


def fail(names: Names, now_s: float = 0.0, *, is_answer: bool = False) -> None:
    names.fail(HOST, now_s=now_s, took_s=5.0, is_slow=True, is_answer=is_answer)


@given(steps=STEPS)
def test_what_is_known_is_the_last_answer_and_silence_changes_nothing_for_an_hour(steps):
    names, now_s = Names(), 0.0
    told: tuple[str, ...] = ()
    told_s = 0.0
    for what, later_s, took_s, is_slow in steps:
        now_s += later_s
        if what == "addresses":
            told, told_s = (f"192.0.2.{len(told) + 1}",), now_s
            names.learn(HOST, told, now_s=now_s, took_s=took_s, is_slow=is_slow)
        else:
            names.fail(HOST, now_s=now_s, took_s=took_s, is_slow=is_slow, is_answer=what == "nothing")
            if what == "nothing" or now_s >= told_s + STALE_S:
                told = ()
        known = names.get(HOST)
        assert known is not None
        assert (known.lookup.addresses, known.is_slow) == (told, is_slow)
        assert now_s < known.fresh_until_s <= now_s + max(FRESH_S, FAILED_MAX_S)


def test_a_failure_holds_twice_as_long_each_time_up_to_a_minute():
    names, held = Names(), []
    for n in range(8):
        fail(names, 1000.0 * n)
        known = names.get(HOST)
        assert known is not None
        held.append(known.fresh_until_s - 1000.0 * n)

    assert held == [FAILED_S, 2 * FAILED_S, 4 * FAILED_S, 8 * FAILED_S, 16 * FAILED_S, *[FAILED_MAX_S] * 3]


def test_a_success_forgets_the_failures():
    names = Names()
    for _ in range(5):
        fail(names)
    learn(names)
    fail(names, is_answer=True)

    known = names.get(HOST)
    assert known is not None
    assert (known.failures, known.fresh_until_s) == (1, FAILED_S)


def test_a_name_with_too_many_addresses_is_not_called():
    names = Names()
    learn(names, addresses=tuple(f"198.51.{n // 256}.{n % 256}" for n in range(MAX_ADDRESSES + 1)))

    known = names.get(HOST)
    assert known is not None
    assert (known.lookup.addresses, known.fresh_until_s, known.is_slow) == ((), FAILED_MAX_S, True)


def test_the_oldest_names_are_forgotten(monkeypatch):
    monkeypatch.setattr(names_module, "MAX_NAMES", 20)
    names = Names()
    for n in range(20):
        learn(names, host=f"{n}.example")
    learn(names, host="0.example")

    learn(names, host="new.example")

    assert names.get("0.example") is not None
    assert names.get("new.example") is not None
    assert names.get("1.example") is None


def test_an_address_is_its_own_result():
    assert literal("192.0.2.1") is literal("192.0.2.1")
    assert literal("192.0.2.1").addresses == ("192.0.2.1",)

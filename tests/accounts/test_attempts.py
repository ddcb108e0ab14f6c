"""The limits on attempts, counted by what is guessed and from where."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.core.cache.backends.redis import RedisCache
from hypothesis import given
from hypothesis import strategies as st

from accounts import attempts, broker
from accounts.attempts import FROM_DEVICE, FROM_NETWORK, LETTERS, ON_USER, ON_USER_FROM_NETWORK, WINDOW_S

ALICE = "alice@ville.example"


@pytest.fixture(autouse=True)
def _within_one_window():
    with time_machine.travel(1_800_000_000 // WINDOW_S * WINDOW_S + 1, tick=False):
        yield


def _allowed(count, *, email=ALICE, network="192.0.2.1", device=""):
    return sum(attempts.allow_sign_in(email, network, device=device) for _n in range(count))


def test_one_who_guesses_from_one_place_gets_few_attempts():
    assert _allowed(50) == ON_USER_FROM_NETWORK.maximum


def test_one_who_tries_many_people_from_one_place_is_stopped_too():
    assert sum(_allowed(1, email=f"user{n}@ville.example") for n in range(200)) == FROM_NETWORK.maximum


def test_one_who_guesses_from_many_places_is_stopped_too():
    assert sum(_allowed(1, network=f"198.51.100.{n}") for n in range(200)) == ON_USER.maximum


def test_no_guesser_locks_a_person_out_of_the_browser_where_they_signed_in_before():
    for n in range(100):
        _allowed(10, network=f"198.51.100.{n}")
    _allowed(100, network="192.0.2.1")

    assert _allowed(20, network="192.0.2.1", device="mark") == FROM_DEVICE.maximum


def test_one_place_alone_does_not_use_up_what_is_counted_for_all_places():
    _allowed(500, network="198.51.100.7")

    assert _allowed(1, network="192.0.2.1") == 1


def test_the_right_password_is_not_counted():
    for n in range(FROM_NETWORK.maximum * 2):
        email = f"user{n}@ville.example"
        assert attempts.allow_sign_in(email, "192.0.2.1")
        attempts.forget_sign_in(email, "192.0.2.1")


def test_counts_begin_anew_with_the_next_window():
    _allowed(50)
    with time_machine.travel(1_800_000_000 // WINDOW_S * WINDOW_S + 1 + WINDOW_S, tick=False):
        assert _allowed(50) == ON_USER_FROM_NETWORK.maximum


@given(st.floats(min_value=0, max_value=4e9))
def test_the_wait_ends_when_the_counts_begin_anew(now):
    with time_machine.travel(now, tick=False):
        wait, key = attempts.seconds_left(), attempts._key(LETTERS, ALICE)
    assert 1 <= wait <= WINDOW_S
    with time_machine.travel(now + wait, tick=False):
        assert attempts._key(LETTERS, ALICE) != key


def test_a_hundred_guesses_at_once_are_counted_one_by_one():
    with ThreadPoolExecutor(20) as pool:
        allowed = list(pool.map(lambda _n: attempts.allow(LETTERS, ALICE), range(100)))

    assert sum(allowed) == LETTERS.maximum


def test_attempts_are_counted_by_this_process_while_the_shared_cache_is_away(monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = RedisCache(f"redis://127.0.0.1:{unused.getsockname()[1]}/0", {})
    monkeypatch.setattr(attempts, "cache", away)
    monkeypatch.setattr(broker, "_muted_until", 0.0)

    assert _allowed(50, email="away@ville.example") == ON_USER_FROM_NETWORK.maximum


def test_no_address_is_kept_in_the_cache_in_clear():
    assert "alice" not in attempts._key(ON_USER, ALICE)


def test_no_guesser_flushes_the_counts_by_guessing_at_many():
    _allowed(50)
    for n in range(2_000):
        attempts.allow(LETTERS, f"user{n}@ville.example")

    assert _allowed(1) == 0

"""The breaker: when a webhook rests, and when it is given up."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from webhooks.delivery.circuit_breaker import (
    DISABLE_AFTER_ATTEMPTS,
    REST_MAX_S,
    Health,
    after_failure,
    after_success,
    given_up,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def silent(health: Health, times: int = 1, *, now: datetime = NOW) -> Health:
    for _ in range(times):
        health = after_failure(health, now=now, transport=True)
    return health


def test_five_failures_in_a_row_without_an_answer_bring_a_rest_of_thirty_seconds():
    assert silent(Health(), 4).resting_until is None
    assert silent(Health(), 5).resting_until == NOW + timedelta(seconds=30)


def test_an_answer_even_a_bad_one_starts_the_count_anew():
    health = after_failure(silent(Health(), 4), now=NOW, transport=False)

    assert (health.failures, silent(health, 4).resting_until) == (0, None)


def test_each_rest_in_a_row_is_twice_as_long_up_to_ten_minutes():
    health, now, rests = silent(Health(), 5), NOW, []
    for _ in range(7):
        assert health.resting_until is not None
        rests.append((health.resting_until - now).total_seconds())
        now = health.resting_until
        health = after_failure(health, now=now, transport=True, probe=True)

    assert rests == [30, 60, 120, 240, 480, 600, 600]


def test_what_was_in_flight_when_the_rest_began_does_not_prolong_it():
    resting = silent(Health(), 5)

    assert silent(resting, 3).resting_until == resting.resting_until


def test_one_success_closes_the_breaker():
    assert after_success(silent(Health(), 9), now=NOW) == Health()


def test_a_pause_that_the_receiver_asks_for_rests_the_webhook_as_long():
    health = after_failure(Health(), now=NOW, transport=False, pause_s=90)

    assert (health.resting_until, health.rests) == (NOW + timedelta(seconds=90), 0)


def test_what_was_in_flight_when_the_receiver_asked_for_a_pause_does_not_end_it():
    paused = after_failure(Health(), now=NOW, transport=False, pause_s=90)
    soon, later = NOW + timedelta(seconds=1), NOW + timedelta(seconds=90)

    assert after_success(paused, now=soon) == Health(resting_until=paused.resting_until)
    assert after_failure(paused, now=soon, transport=False).resting_until == paused.resting_until
    assert after_success(paused, now=later) == Health()


def test_a_webhook_is_given_up_after_five_days_and_twenty_failures_not_one_of_the_two():
    failing = silent(Health(), DISABLE_AFTER_ATTEMPTS)
    few = silent(Health(), DISABLE_AFTER_ATTEMPTS - 1)
    later = NOW + timedelta(days=5)

    assert given_up(failing, now=later)
    assert not given_up(failing, now=later - timedelta(seconds=1))
    assert not given_up(few, now=later)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 3600)), max_size=60))
def test_no_history_gives_a_longer_rest_than_ten_minutes_nor_a_negative_count(history):
    health, now = Health(), NOW
    for success, transport, wait_s in history:
        now += timedelta(seconds=wait_s)
        health = after_success(health, now=now) if success else after_failure(health, now=now, transport=transport)
        assert health.resting_until is None or health.resting_until <= now + timedelta(seconds=REST_MAX_S)
        assert (health.failing_since is None) == (health.failed_attempts == 0)

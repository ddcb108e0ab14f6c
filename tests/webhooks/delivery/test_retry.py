"""The schedule: when a delivery is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.delivery.retry import JITTER, RETRY_AFTER_MAX_S, RETRY_SCHEDULE_S, next_attempt_at

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
spreads = st.floats(-1, 1)


@pytest.mark.parametrize(("failures", "delay_s"), list(enumerate(RETRY_SCHEDULE_S, start=1)))
def test_each_failure_waits_what_the_schedule_says(failures, delay_s):
    assert next_attempt_at(failures=failures, now=NOW, spread=0) == NOW + timedelta(seconds=delay_s)


def test_the_schedule_has_ten_attempts_over_75_hours():
    assert len(RETRY_SCHEDULE_S) + 1 == 10
    assert 75 <= sum(RETRY_SCHEDULE_S) / 3600 < 76
    assert next_attempt_at(failures=10, now=NOW, spread=0) is None


@given(failures=st.integers(1, 9), spread=spreads)
def test_jitter_stays_within_a_fifth_of_the_delay(failures, spread):
    at = next_attempt_at(failures=failures, now=NOW, spread=spread)
    assert at is not None
    delay_s = (at - NOW).total_seconds()

    assert abs(delay_s - RETRY_SCHEDULE_S[failures - 1]) <= JITTER * RETRY_SCHEDULE_S[failures - 1] + 1e-3


@given(failures=st.integers(1, 9), spread=spreads, asked_s=st.floats(0, 1e12))
def test_retry_after_only_pushes_back_and_at_most_by_a_day(failures, spread, asked_s):
    plain = next_attempt_at(failures=failures, now=NOW, spread=spread)
    asked = next_attempt_at(failures=failures, now=NOW, spread=spread, retry_after_s=asked_s)

    assert plain is not None
    assert asked is not None
    assert plain <= asked <= max(plain, NOW + timedelta(seconds=RETRY_AFTER_MAX_S))
    assert asked >= NOW + timedelta(seconds=min(asked_s, RETRY_AFTER_MAX_S)) - timedelta(microseconds=1)


def test_no_attempt_is_made_beyond_the_horizon_of_the_target():
    horizon = NOW + timedelta(hours=48)

    assert next_attempt_at(failures=8, now=NOW + timedelta(hours=30), spread=0, horizon=horizon) is None
    assert next_attempt_at(failures=1, now=NOW, spread=0, horizon=horizon) == NOW + timedelta(seconds=5)

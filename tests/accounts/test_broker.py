"""Calls to a broker or a cache that is down."""

import pytest

from accounts import broker


@pytest.fixture(autouse=True)
def _nothing_failed_before(monkeypatch):
    monkeypatch.setattr(broker, "_muted_until", 0.0)


def test_the_answer_of_a_broker_that_is_up_is_returned():
    assert broker.unless_away(lambda: 7, default=0) == 7


def test_after_a_failure_nobody_waits_again():
    calls = []

    def call() -> int:
        calls.append(1)
        raise OSError

    assert [broker.unless_away(call, default=0) for _ in range(3)] == [0, 0, 0]
    assert len(calls) == 1


def test_an_error_of_ours_is_not_hidden():
    with pytest.raises(ValueError, match="ours"):
        broker.unless_away(lambda: int("ours"), default=0)

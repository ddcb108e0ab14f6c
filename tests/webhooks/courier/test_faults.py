"""A mistake on our side, in a target, costs its own delivery an attempt and the others nothing."""

import pytest

from tests.factories import WebhookFactory
from tests.webhooks.courier.conftest import outcome
from webhooks import targets
from webhooks.targets.http import Http


class Faulty(Http):
    """A target with a mistake in the method of this name."""

    kind = data_fair_type = "faulty"

    def __init__(self, method):
        setattr(self, method, self.fail)

    def fail(self, *_arguments, **_named):
        raise ZeroDivisionError("a mistake in a target")


@pytest.fixture
def faulty(account, receiver, monkeypatch):
    """Give a webhook whose target raises in the method of this name."""

    def faulty(method):
        monkeypatch.setitem(targets._targets, Faulty.kind, Faulty(method))
        return WebhookFactory(account=account, url=receiver.url("/faulty"), target_kind=Faulty.kind)

    return faulty


@pytest.mark.parametrize("method", ["prepare"])
def test_a_target_that_raises_is_no_end_of_the_courier_nor_an_endless_resending(receiver, run_on, due, faulty, method):
    odd = due(webhook=faulty(method))
    others = [due(receiver.url("/other")) for _ in range(10)]

    run_on()

    assert [outcome(other) for other in others] == [("delivered", 1, "")] * 10
    state, attempts, _error = outcome(odd)
    assert (state in {"failed", "delivered"}, odd.lease_token) == (True, None)
    assert len(receiver.requests("/faulty")) == (0 if method == "prepare" else attempts) <= 3

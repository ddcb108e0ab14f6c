"""Events are counted by category, action and label, each resource once a day for what is unique."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from tests.factories import EventFactory
from webhooks.events import registry, statistics
from webhooks.events.statistics import Tally

NOON = datetime(2026, 8, 20, 12, 0, tzinfo=ZoneInfo("Europe/Paris"))
PERIOD = {"since": NOON - timedelta(days=7), "until": NOON + timedelta(hours=1)}


@pytest.fixture
def happen(account):
    def happen(days_ago=0, **fields):
        at = NOON - timedelta(days=days_ago)
        with time_machine.travel(at, tick=False):
            return EventFactory.create(
                **{"account": account, "type": "dataset.downloaded", "occurred_at": at, **fields}
            )

    return happen


@pytest.fixture
def week(happen):
    for days_ago in (0, 0, 1):
        happen(days_ago, resource_id="arbres", resource_title=f"Arbres, {days_ago}")
    happen(0, resource_id="voirie", resource_title="Voirie")
    happen(0, type="dataset.error", resource_id="voirie")
    happen(0, type="visualisation.created", resource_id="carte")
    happen(8, resource_id="arbres")
    happen(0, is_test=True)
    happen(0, account=EventFactory.create().account)


def rounded(tallies):
    return [(tally.key, str(tally.label), tally.total, tally.unique, round(tally.share, 2)) for tally in tallies]


def test_events_are_counted_by_category(account, week):
    assert rounded(statistics.by_category(account, **PERIOD)) == [
        ("dataset", "dataset", 5, 4, 0.83),
        ("visualisation", "visualisation", 1, 1, 0.17),
    ]


def test_a_category_is_counted_by_action(account, week):
    assert rounded(statistics.by_action(account, category="dataset", **PERIOD)) == [
        ("dataset.downloaded", str(registry.get("dataset.downloaded").label), 4, 3, 0.8),
        ("dataset.error", str(registry.get("dataset.error").label), 1, 1, 0.2),
    ]


def test_an_action_is_counted_by_label_under_the_latest_title(account, happen):
    happen(1, resource_id="arbres", resource_title="Ancien titre")
    happen(0, resource_id="arbres", resource_title="Arbres")
    happen(0, resource_id="arbres", resource_title="Arbres")
    happen(0, resource_id="voirie", resource_title="")

    assert statistics.by_label(account, event_type="dataset.downloaded", **PERIOD) == [
        Tally("arbres", "Arbres", 3, 2, 0.75),
        Tally("voirie", "voirie", 1, 1, 0.25),
    ]


def test_an_empty_period_has_no_lines(account):
    assert statistics.by_category(account, **PERIOD) == []


def test_the_share_is_of_all_even_when_not_all_is_told(account, week, monkeypatch):
    monkeypatch.setattr(statistics, "MAX_ROWS", 1)

    assert rounded(statistics.by_category(account, **PERIOD)) == [("dataset", "dataset", 5, 4, 0.83)]

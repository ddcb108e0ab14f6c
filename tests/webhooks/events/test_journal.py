"""What happened is read back by account, by resource and by day, and shown escaped."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import Account
from webhooks.events import journal
from webhooks.models import Event

NOON = datetime(2026, 8, 20, 12, 0, tzinfo=ZoneInfo("Europe/Paris"))


@pytest.fixture
def happen(account):
    sequence = iter(range(1, 1000))

    def happen(at=None, **fields):
        values = {"type": "dataset.finalized", "account": account, "resource_type": "dataset", "resource_id": "cities"}
        with time_machine.travel(at or timezone.now(), tick=False):
            return Event.objects.create(sequence=next(sequence), **values | fields)

    return happen


def test_the_newest_events_of_the_account_come_first(account, bob, happen):
    first, second = happen(), happen(resource_id="roads")
    happen(is_test=True)
    happen(account=bob.accounts.get())

    assert journal.latest(account) == [second, first]
    assert journal.latest(account, limit=1) == [second]


def test_the_journal_of_a_resource_is_its_own(account, happen):
    event = happen()
    happen(resource_id="roads")
    happen(resource_type="visualisation")
    happen(account=Account.objects.create(kind="user", slug="other", name="Other"))

    assert journal.about(account, resource_type="dataset", resource_id="cities") == [event]


def test_events_are_counted_on_the_local_day_they_occurred(account, happen):
    with time_machine.travel(NOON, tick=False):
        happen(NOON)
        happen(NOON.replace(hour=0, minute=30))
        happen(NOON.replace(hour=0, minute=30) - timedelta(hours=1))
        happen(NOON, occurred_at=NOON - timedelta(days=2))
        happen(NOON - timedelta(days=3))

        counts = journal.per_day(account, days=3)

    assert [(day.day, count) for day, count in counts] == [(18, 1), (19, 1), (20, 2)]


def test_what_happens_today_counts_at_once(account, happen):
    with time_machine.travel(NOON, tick=False):
        assert journal.per_day(account, days=2)[-1][1] == 0
        happen(NOON)
        assert journal.per_day(account, days=2)[-1][1] == 1


@pytest.mark.usefixtures("in_english")
def test_the_journal_is_shown_with_words_and_nothing_of_a_title_or_detail_is_html(happen):
    event = happen(resource_title="<b>Cities</b>", detail="line 1\n<script>", origin_name="Alice")
    unknown = happen(type="forgotten.type")

    page = render_to_string("webhooks/journal.html#journal", {"events": [event, unknown], "with_titles": True})

    assert "A dataset was finalized and put online" in page
    assert "&lt;b&gt;Cities&lt;/b&gt;" in page
    assert "line 1<br>&lt;script&gt;" in page
    assert "forgotten.type" in page
    assert "Alice" in page

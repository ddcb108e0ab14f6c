"""The same question by page, API and replay finds the same deliveries; days are whole days of local time."""

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.factories import DeliveryFactory, EventFactory, WebhookFactory

TICK = timedelta(microseconds=1)


def local(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=ZoneInfo("Europe/Paris"))


@pytest.fixture
def webhook(account):
    return WebhookFactory.create(account=account)


@pytest.fixture
def deliveries(webhook):
    """Return settled deliveries by name: three around the ends of 10 March 2026, and two in April that differ."""

    def made(created_at, state="delivered", **about):
        event = EventFactory.create(account=webhook.account, **about)
        return DeliveryFactory.create(webhook=webhook, event=event, state=state, created_at=created_at)

    return {
        "first": made(local(2026, 3, 10), resource_title="Roads"),
        "last": made(local(2026, 3, 11) - TICK, state="failed", resource_id="old-roads"),
        "next": made(local(2026, 3, 11), state="skipped", detail="Line 12: roads are empty"),
        "error": made(local(2026, 4, 1), state="cancelled", type="dataset.error"),
        "known": made(local(2026, 4, 2), id="019585a0-0000-7000-8000-000000000001"),
    }


@pytest.fixture
def by_page(webhook, alice, sign_in):
    """Return a function that asks the page of the webhook."""

    names = {"status": "state", "eventType": "type"}

    def by_page(**question):
        query = {names.get(name, name): value for name, value in question.items()}
        page = sign_in(alice).get(f"/settings/webhooks/{webhook.pk}/", query)
        return {row.delivery.pk for row in page.context["rows"]}

    return by_page


@pytest.fixture
def by_api(webhook, alice, sign_in):
    """Return a function that asks the list of the API."""

    def by_api(**query):
        answer = sign_in(alice).get("/api/v1/deliveries", {"webhook": webhook.pk, **query})
        return {int(one["id"]) for one in answer.json()["results"]}

    return by_api


@pytest.fixture
def by_replay(webhook, alice, sign_in):
    """Return a function that counts a replay over the API, then replays, and returns what is pending."""

    def by_replay(status="delivered,failed,cancelled,skipped", **body):
        url, body = f"/api/v1/webhooks/{webhook.pk}/_replay", {"status": status.split(","), **body}
        caller = sign_in(alice)
        counted = caller.post(url, json.dumps({**body, "dryRun": True}), content_type="application/json")
        answer = caller.post(url, json.dumps(body), content_type="application/json")
        found = set(webhook.deliveries.filter(state="pending").values_list("pk", flat=True))
        assert counted.json()["count"] == answer.json()["count"] == len(found)
        return found

    return by_replay


QUESTIONS = [
    ({}, {"first", "last", "next", "error", "known"}),
    ({"status": "failed"}, {"last"}),
    ({"eventType": "dataset.error"}, {"error"}),
    ({"since": "2026-03-11"}, {"next", "error", "known"}),
    ({"until": "2026-03-10"}, {"first", "last"}),
    ({"since": "2026-03-10", "until": "2026-03-10"}, {"first", "last"}),
    ({"since": "2026-03-12", "until": "2026-03-10"}, set()),
    ({"q": "rOaDs"}, {"first", "last", "next"}),
    ({"q": "line 12"}, {"next"}),
    ({"q": "old-"}, {"last"}),
    ({"q": "019585a0000070008000000000000001"}, {"known"}),
    ({"q": "019585a0"}, set()),
    ({"q": "roads", "since": "2026-03-11", "status": "skipped"}, {"next"}),
]


@pytest.mark.parametrize(("question", "names"), QUESTIONS)
def test_page_api_and_replay_find_the_same(deliveries, by_page, by_api, by_replay, question, names):
    found = {deliveries[name].pk for name in names}

    assert by_page(**question) == found
    assert by_api(**question) == found
    assert by_replay(**question) == found


def test_an_instant_is_included_as_since_and_excluded_as_until(deliveries, by_api, by_replay):
    instant = deliveries["next"].created_at.astimezone(UTC).isoformat()
    before, after = {deliveries[name].pk for name in ("first", "last")}, {deliveries["next"].pk}

    assert by_api(until=instant) == before
    assert by_api(since=instant, until="2026-03-11") == after
    assert by_replay(since=instant, until="2026-03-11") == after


def test_a_day_is_as_long_as_the_clocks_say(webhook, by_page, by_api):
    """The clocks go back on 25 October 2026: that day has 25 hours."""
    last_hour = datetime(2026, 10, 25, 22, 59, tzinfo=UTC)
    inside = DeliveryFactory.create(webhook=webhook, state="failed", created_at=last_hour)
    DeliveryFactory.create(webhook=webhook, state="failed", created_at=last_hour + timedelta(minutes=1))

    for ask in (by_page, by_api):
        assert ask(since="2026-10-25", until="2026-10-25") == {inside.pk}


@pytest.mark.parametrize("field", ["since", "until"])
@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_day_at_the_end_of_the_calendar_is_refused(account, webhook, alice, sign_in, field, day):
    delivery = DeliveryFactory.create(webhook=webhook, state="failed")
    browser = sign_in(alice)
    page = browser.get(f"/settings/webhooks/{webhook.pk}/", {field: day.isoformat()})
    answers = [browser.get("/api/v1/deliveries", {field: f"{day}{time}"}) for time in ("", "T00:00:00Z", "T23:59:59Z")]

    assert [row.delivery for row in page.context["rows"]] == [delivery]
    assert [(answer.status_code, list(answer.json()["errors"])) for answer in answers] == [(400, [field])] * 3


def test_a_replay_since_the_beginning_of_the_calendar_is_refused(webhook, alice, sign_in):
    form = {"what": "lost", "since": "0001-01-01T00:00"}
    answer = sign_in(alice).post(f"/settings/webhooks/{webhook.pk}/replay/", form)

    assert answer.status_code == 422

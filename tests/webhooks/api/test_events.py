"""The journal and the catalogue of event types over the API."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import ApiKey
from tests.factories import AccountFactory, EventFactory
from webhooks.events import registry
from webhooks.models import Event, Receipt


def test_every_event_type_is_told_with_its_words_schema_and_sample(api, ursula):
    _status, document = api(ursula)("GET", "event-types")

    assert document["count"] == len(document["results"]) == len(registry.all_types())
    told = next(one for one in document["results"] if one["key"] == "dataset.finalized")
    kind = registry.get("dataset.finalized")
    assert (told["dataFairKey"], told["category"], told["icon"]) == ("dataset-finalize-end", "dataset", kind.icon)
    assert told["label"] == told["labels"]["en"] == "A dataset was finalized and put online"
    assert set(told["labels"]) == {"fr", "en"}
    assert (told["schema"], told["sample"]) == (kind.schema, kind.sample)


def test_the_catalogue_is_for_whoever_has_a_way_in(api, keyed):
    assert api()("GET", "event-types")[0] == 401
    assert keyed("datasets-read")("GET", "event-types")[0] == 200


def test_an_event_is_told_whole(api, carl, account):
    event = EventFactory.create(
        account=account, resource_id="arbres", data={"rows": 3}, origin_kind="user", origin_name="Carl"
    )

    _status, document = api(carl)("GET", "events")

    [told] = document["results"]
    assert told.pop("occurredAt")
    assert told == {
        "id": event.pk.hex,
        "sequence": event.sequence,
        "type": "dataset.finalized",
        "resource": {
            "type": "dataset",
            "id": "arbres",
            "title": "Arbres",
            "href": event.resource_api_url,
            "page": event.resource_page_url,
        },
        "detail": "",
        "data": {"rows": 3},
        "origin": {"kind": "user", "name": "Carl"},
    }


def test_events_are_found_by_what_is_asked_and_come_in_parts(api, carl, account):
    now = timezone.now()
    old = EventFactory.create(account=account, resource_id="arbres", occurred_at=now - timedelta(days=3))
    error = EventFactory.create(account=account, type="dataset.error", resource_id="arbres", detail="Line 12")
    other = EventFactory.create(
        account=account, type="visualisation.error", resource_id="carte:1", resource_title="Map"
    )
    EventFactory.create(account=account, is_test=True)
    EventFactory.create()
    call = api(carl)

    def ask(query):
        return [one["id"] for one in call("GET", f"events?{query}")[1]["results"]]

    assert ask("") == [other.pk.hex, error.pk.hex, old.pk.hex]
    assert ask("type=dataset-error") == [error.pk.hex]
    assert ask("resource=dataset:arbres") == [error.pk.hex, old.pk.hex]
    assert ask("resource=visualisation:carte:1") == [other.pk.hex]
    assert ask(f"since={(now - timedelta(days=1)).date()}") == [other.pk.hex, error.pk.hex]
    assert ask(f"until={(now - timedelta(days=1)).date()}") == [old.pk.hex]
    assert ask(f"until={timezone.localdate(old.occurred_at)}") == [old.pk.hex]
    assert ask(f"until={old.occurred_at:%Y-%m-%dT%H:%M:%S.%fZ}") == []
    assert ask("q=MAP") == [other.pk.hex]
    assert ask("q=arb") == [error.pk.hex, old.pk.hex]
    assert ask("q=line%2012") == [error.pk.hex]
    assert ask(f"q={old.pk.hex}") == [old.pk.hex]
    _status, first = call("GET", "events?size=2")
    assert [one["id"] for one in call("GET", first["next"])[1]["results"]] == [old.pk.hex]


@pytest.mark.parametrize("query", ["type=x", "resource=arbres", "since=x", "until=x", "cursor=x"])
def test_a_question_that_makes_no_sense_is_refused(api, carl, query):
    status, answer = api(carl)("GET", f"events?{query}")

    assert (status, list(answer["errors"])) == (400, [query.partition("=")[0]])


def test_the_journal_is_for_contributors_and_keys_with_the_scope(api, keyed, alice, carl, ursula):
    statuses = [caller("GET", "events")[0] for caller in (api(alice), api(carl), api(ursula), api())]

    assert statuses == [200, 200, 403, 401]
    assert keyed("events-read")("GET", "events")[0] == 200
    assert keyed("webhooks", "datasets")("GET", "events")[0] == 403


def test_a_list_costs_the_same_for_one_event_and_for_fifty(api, carl, account, django_assert_max_num_queries):
    call = api(carl)
    counts = []
    for more in (1, 49):
        EventFactory.create_batch(more, account=account)
        with django_assert_max_num_queries(20) as captured:
            call("GET", "events")
        counts.append(len(captured))
    assert counts[0] == counts[1]


DOWNLOAD: dict[str, Any] = {
    "type": "dataset-downloaded",
    "resource": {"type": "dataset", "id": "arbres"},
    "data": {"download": {"file": "original", "format": "csv"}},
}


@pytest.fixture
def known(account):
    """Return an event of a dataset, which makes the dataset known to reports."""
    sample = registry.get("dataset.published").sample | {"id": "arbres", "title": "Arbres"}
    return EventFactory.create(account=account, type="dataset.published", resource_id="arbres", data=sample)


def test_another_system_reports_what_it_saw(keyed, known, account):
    at = (timezone.now() - timedelta(hours=1)).replace(microsecond=0)

    status, told = keyed("events")("POST", "events", {**DOWNLOAD, "detail": "CDN", "occurredAt": at.isoformat()})

    event = Event.objects.of(account).first()
    assert event is not None
    assert (status, told["id"], told["sequence"]) == (201, event.pk.hex, event.sequence)
    assert (event.type, event.detail, event.occurred_at) == ("dataset.downloaded", "CDN", at)
    assert (event.origin_kind, event.origin_name, event.fanned_out_at) == ("apikey", "Programme", None)
    assert event.data["download"] == {"file": "original", "format": "csv"}
    assert event.data["title"] == "Arbres"
    assert "publication" not in event.data
    assert event.resource_api_url == "http://testserver/api/v1/datasets/arbres"


def test_the_same_key_gives_the_same_event_and_is_not_lent_to_another(keyed, known, account):
    call = keyed("events")
    call.headers["Idempotency-Key"] = "cdn-1"

    first, again = call("POST", "events", DOWNLOAD), call("POST", "events", DOWNLOAD)
    other = call("POST", "events", {**DOWNLOAD, "detail": "another"})

    assert (first[0], again[0], other[0]) == (201, 200, 409)
    assert first[1] == again[1]
    assert Event.objects.of(account).count() == 2


def test_a_key_is_an_accounts_own(keyed, known):
    other = AccountFactory.create()
    EventFactory.create(account=other, resource_id="arbres", data=known.data)
    mine, theirs = keyed("events"), keyed("events")
    theirs.headers = {"x-apiKey": ApiKey.objects.issue(other, title="Autre", scopes=["events"])[1]}
    mine.headers["Idempotency-Key"] = theirs.headers["Idempotency-Key"] = "cdn-1"

    assert mine("POST", "events", DOWNLOAD)[0] == theirs("POST", "events", DOWNLOAD)[0] == 201


def test_a_key_is_forgotten_after_a_day(keyed, known, account):
    call = keyed("events")
    call.headers["Idempotency-Key"] = "cdn-1"
    call("POST", "events", DOWNLOAD)
    Receipt.objects.update(created_at=timezone.now() - timedelta(hours=25))

    assert call("POST", "events", DOWNLOAD)[0] == 201
    assert Receipt.objects.count() == 1


def test_what_fails_keeps_no_key(keyed, known):
    call = keyed("events")
    call.headers["Idempotency-Key"] = "cdn-1"

    assert call("POST", "events", {**DOWNLOAD, "data": {}})[0] == 400
    assert call("POST", "events", DOWNLOAD)[0] == 201


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"type": "dataset.unheard_of"}, "type"),
        ({"type": "visualisation.error"}, "type"),
        ({"resource": {"type": "dataset", "id": "voirie"}}, "resource"),
        ({"resource": "dataset:arbres"}, "resource"),
        ({"data": {}}, "data"),
        ({"data": {"download": {"file": "stolen", "format": "csv"}}}, "data"),
        ({"data": {**DOWNLOAD["data"], "description": "x" * 70_000}}, "data"),
        ({"data": {**DOWNLOAD["data"], "surprise": 1}}, "data"),
        ({"occurredAt": "2020-01-01T00:00:00Z"}, "occurredAt"),
        ({"occurredAt": "2999-01-01T00:00:00Z"}, "occurredAt"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(keyed, known, account, change, path):
    status, answer = keyed("events")("POST", "events", {**DOWNLOAD, **change})

    assert (status, list(answer["errors"])) == (400, [path])
    assert Event.objects.of(account).count() == 1


def test_the_resource_of_another_account_is_unknown(keyed, known):
    EventFactory.create(resource_id="ailleurs")

    status, answer = keyed("events")("POST", "events", {**DOWNLOAD, "resource": {"type": "dataset", "id": "ailleurs"}})

    assert (status, list(answer["errors"])) == (400, ["resource"])


def test_a_reader_or_a_reading_key_reports_nothing(api, keyed, carl, ursula, known):
    callers = api(carl), api(ursula), keyed("events-read"), api()

    assert [caller("POST", "events", DOWNLOAD)[0] for caller in callers] == [201, 403, 403, 401]

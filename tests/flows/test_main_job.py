"""From a file to a delivered webhook, as a newcomer does it; then every event; then with the power cut in between."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from standardwebhooks import Webhook as Verifier

from tests.flows.portal import COMMUNES, Person, Portal, running
from tests.polling import eventually
from tests.receiver import Received, Receiver, hang

EVENT_TYPES = (
    "dataset.created",
    "dataset.data_updated",
    "dataset.error",
    "dataset.finalized",
    "dataset.published",
    "dataset.downloaded",
    "dataset.downloaded_filter",
    "visualisation.created",
    "visualisation.error",
    "visualisation.published",
)
CHART = {"mark": "bar", "x": "name", "y": "people", "aggregate": "sum"}
CSV = b"name,people\nLyon,522250\nBron,43500\n"


@pytest.fixture
def portal(tmp_path: Path, receiver: Receiver) -> Iterator[Portal]:
    """A portal started in an empty directory; what goes to Google Analytics goes to a collector of ours."""
    portal = Portal(tmp_path, GOOGLE_ANALYTICS_URL=receiver.url("/analytics"), WEBHOOK_RETRY_SCHEDULE_S="1,1,1,1,1,1")
    with running(portal):
        yield portal


@pytest.fixture
def alice(portal: Portal) -> Person:
    return Person(portal, "alice@ville.example")


def add_webhook(alice: Person, title: str, **fields: Any) -> int:
    """Add a webhook on every event through the page's dialog; return its id."""
    alice.submit("/settings/webhooks/new/", title=title, event_types=EVENT_TYPES, scope="all", **fields)
    cards = alice.page("/settings/webhooks/")
    assert title in html.unescape(cards)
    return max(int(number) for number in re.findall(r"/settings/webhooks/(\d+)/", cards))


def secret_of(alice: Person, webhook_id: int) -> str:
    """Reveal the signing secret on the webhook's page; return it."""
    page = f"/settings/webhooks/{webhook_id}/"
    answer = alice.submit(f"{page}secret/", page=page)
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", html.unescape(answer.text))
    assert found, "the page shows no secret"
    return found[0]


def settled(alice: Person, dataset_id: str, status: str = "finalized") -> dict[str, object]:
    def probe() -> dict[str, object] | None:
        dataset = alice.api("GET", f"datasets/{dataset_id}", status=200)
        return dataset if dataset["status"] == status else None

    return eventually(probe, within_s=60, what=alice.portal.output)


def types_of(requests: list[Received]) -> list[str]:
    return [json.loads(request.body)["type"] for request in requests]


def arrived(receiver: Receiver, path: str, wanted: set[str]) -> Callable[[], bool]:
    return lambda: wanted <= set(types_of(receiver.requests(path)))


def test_a_file_is_uploaded_and_both_targets_hear_of_it(alice: Person, receiver: Receiver) -> None:
    chat = {"target_kind": "http", "http-url": receiver.url("/chat"), "http-format": "message"}
    webhook_id = add_webhook(alice, "Chat", **chat)
    analytics = {"google_analytics-tracking_id": "UA-12345-1", "google_analytics-app_name": "Portail"}
    add_webhook(alice, "Audience", target_kind="google_analytics", **analytics)
    secret = secret_of(alice, webhook_id)

    with COMMUNES.open("rb") as file:
        created = alice.api(
            "POST", "datasets", status=201, files={"file": ("communes.csv", file)}, data={"title": "Été & <b>"}
        )
    dataset = settled(alice, created["id"])
    messages = receiver.wait_for(2, path="/chat", timeout_s=20)
    hits = receiver.wait_for(2, path="/analytics/collect", timeout_s=20)

    assert dataset["count"] == 34969
    base, slug = alice.portal.url, created["id"]
    # No guarantee of order: a message is found by its event.
    by_event = {request.json()["event"]: request for request in messages}
    assert by_event["dataset-created"].body.decode() == (
        f'{{"text":"Été & <b> - Un nouveau jeu de données a été créé - {base}/dataset/{slug}",'
        f'"href":"{base}/api/v1/datasets/{slug}","event":"dataset-created"}}'
    )
    assert by_event["finalize-end"].body.decode() == (
        f'{{"text":"Été & <b> - Un jeu de données a été finalisé et mis en ligne - {base}/dataset/{slug}",'
        f'"href":"{base}/api/v1/datasets/{slug}","event":"finalize-end"}}'
    )
    for request in messages:
        assert Verifier(secret).verify(request.body, dict(request.headers)) == request.json()
    fields = [dict(parse_qsl(hit.body.decode(), strict_parsing=True)) for hit in hits]
    finalized = next(hit for hit in fields if "finalisé" in hit["ea"])
    client = finalized.pop("cid")
    assert finalized == {
        "v": "1",
        "tid": "UA-12345-1",
        "t": "event",
        "ec": "dataset",
        "ea": "Un jeu de données a été finalisé et mis en ligne",
        "el": "Été & <b>",
        "an": "Portail",
    }
    assert {hit["cid"] for hit in fields if "cid" in hit} == {client}


def do_everything(alice: Person, *, between: Callable[[], None] = lambda: None) -> None:
    """Cause each of the ten event types by a real act, calling `between` after each."""
    created = alice.api("POST", "datasets", status=201, files={"file": ("towns.csv", CSV)})
    slug = created["id"]
    between()
    settled(alice, slug)
    alice.api("PATCH", f"datasets/{slug}", status=200, json={"public": True})
    visitor = alice.portal.url + f"/api/v1/datasets/{slug}"
    assert alice.session.get(f"{visitor}/raw", timeout=20).content == CSV
    between()
    assert alice.session.get(f"{visitor}/lines?format=csv&name_eq=Bron", timeout=20).status_code == 200
    between()
    chart = alice.api(
        "POST",
        "applications",
        status=201,
        json={"title": "People", "public": True, "configuration": {"datasets": [{"id": slug}], **CHART}},
    )
    between()
    catalog = alice.api("GET", "catalogs", status=200)["results"][0]["id"]
    publication = {"publications": [{"catalog": catalog, "status": "waiting"}]}
    alice.api("PATCH", f"datasets/{slug}", status=200, json=publication)
    alice.api("PATCH", f"applications/{chart['id']}", status=200, json=publication)
    between()
    alice.api("POST", f"applications/{chart['id']}/error", status=204, json={"message": "It does not show."})
    between()
    alice.api("POST", f"datasets/{slug}", status=200, files={"file": ("towns.csv", CSV + b"Oullins,27000\n")})
    between()
    settled(alice, slug)
    alice.api("POST", f"datasets/{slug}", status=200, files={"file": ("towns.csv", b"name,name\n1,2\n")})
    settled(alice, slug, "error")


def test_each_of_the_ten_events_is_delivered(alice: Person, receiver: Receiver) -> None:
    target = {"target_kind": "http", "http-url": receiver.url("/all"), "http-format": "standard"}
    webhook_id = add_webhook(alice, "Everything", **target)

    do_everything(alice)

    eventually(
        arrived(receiver, "/all", set(EVENT_TYPES)), what=lambda: sorted(set(types_of(receiver.requests("/all"))))
    )
    verifier = Verifier(secret_of(alice, webhook_id))
    for request in receiver.requests("/all"):
        assert verifier.verify(request.body, dict(request.headers))["type"] in EVENT_TYPES


def test_nothing_is_lost_when_the_process_is_killed_in_between(alice: Person, receiver: Receiver) -> None:
    target = {"target_kind": "http", "http-url": receiver.url("/all"), "http-format": "standard"}
    add_webhook(alice, "Everything", **target)

    def cut_the_power() -> None:
        alice.portal.kill()
        alice.portal.start()

    do_everything(alice, between=cut_the_power)

    eventually(
        arrived(receiver, "/all", set(EVENT_TYPES)),
        within_s=60,
        what=lambda: sorted(set(EVENT_TYPES) - set(types_of(receiver.requests("/all")))),
    )
    recorded = {event["id"] for event in alice.api("GET", "events?size=250", status=200)["results"]}
    ids = [request.header("webhook-id") for request in receiver.requests("/all")]
    assert set(ids) <= {event.replace("-", "") for event in recorded}


def test_it_stops_within_five_seconds_while_a_receiver_hangs(alice: Person, receiver: Receiver) -> None:
    target = {"target_kind": "http", "http-url": receiver.answering(hang()), "http-format": "message"}
    add_webhook(alice, "Hanging", **target)
    alice.api("POST", "datasets", status=201, files={"file": ("towns.csv", CSV)})
    receiver.wait_for(1)

    assert alice.portal.stop() < 5

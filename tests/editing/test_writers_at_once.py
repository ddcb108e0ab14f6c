"""Two who write at the same moment, by the API and by pages, with tags and without: nothing acknowledged is lost.

See `tests/racing.py` for longer scenes; `tests/datasets/test_edits_at_once.py` has those of the datasets room.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.models import AuditEntry
from datasets.models import Catalog, Dataset, Visualisation
from tests.editing.conftest import KINDS
from tests.pages import save
from tests.racing import API, PAGE_ROUNDS, ROUNDS, at_once, lost, patch, statuses
from webhooks.models import Webhook
from webhooks.subscriptions.audit import Action

pytestmark = pytest.mark.django_db(transaction=True)


def send(client, method, path, body, **headers):
    """Return the act that sends `body`."""
    return lambda: client.generic(
        method,
        f"{API}{path}",
        client._encode_json(body, "application/json"),
        content_type="application/json",
        headers=headers,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_who_have_read_the_same_one_writes_and_the_other_is_told(two, kinds, kind):
    edited = kinds[kind]()
    for number in range(PAGE_ROUNDS):
        tag = two[0].get(f"{API}{edited.path}")["ETag"]
        edits = [edited.edit(2 * number + who) for who in range(2)]
        answers = at_once(
            *(
                send(client, method, edited.path, body, **{"If-Match": tag})
                for client, (method, body) in zip(two, edits, strict=True)
            )
        )
        assert sorted(statuses(answers)) == [200, 412], (number, [answer.content for answer in answers])
        winner = next(answer for answer in answers if answer.status_code == 200)
        got = two[0].get(f"{API}{edited.path}")
        assert (got.json(), got["ETag"]) == (winner.json(), winner["ETag"])


@pytest.mark.parametrize("kind", KINDS)
def test_two_who_read_again_when_they_are_told_both_have_their_way(two, kinds, kind):
    """Whole documents, as clients of Data Fair put them: read, change a property, put, and again after a 412."""
    edited = kinds[kind]()
    names = {"configuration": ("mark", "colour")}.get(kind, ("title", "description"))

    def change(client, name, value):
        def act():
            while True:
                got = client.get(f"{API}{edited.path}")
                document = got.json()
                (document["webhooks"][0] if kind == "settings" else document)[name] = value
                if kind in {"dataset", "application", "catalog"}:
                    document = {both: document[both] for both in names}
                method = "PATCH" if kind == "dataset" else "PUT"
                answer = send(client, method, edited.path, document, **{"If-Match": got["ETag"]})()
                assert answer.status_code in {200, 412}, answer.content
                if answer.status_code == 200:
                    return

        return act

    def play(number):
        chart = {"mark": ("line", "bar")[number % 2], "colour": ("kind", "")[number % 2]}
        words = chart if kind == "configuration" else {"title": f"T{number}", "description": f"D{number}"}
        at_once(*(change(client, name, words[name]) for client, name in zip(two, words, strict=True)))
        return words

    assert lost(PAGE_ROUNDS, edited.row, play) == []


SETTINGS = {"url": "https://hooks.example/in", "headers": {"X-Key": "•••"}}
WEBHOOK_EDITS: dict[str, Callable[[int], tuple[dict[str, Any], dict[str, Any]]]] = {
    "title": lambda n: ({"title": f"T{n}"}, {"title": f"T{n}"}),
    "description": lambda n: ({"description": f"D{n}"}, {"description": f"D{n}"}),
    "events": lambda n: (
        {"events": ["dataset.error"] if n % 2 else ["dataset.finalized"]},
        {"event_types": ["dataset.error"] if n % 2 else ["dataset.finalized"]},
    ),
    "enabled": lambda n: ({"enabled": bool(n % 2)}, {"enabled": bool(n % 2)}),
    "resources": lambda n: ({"resources": [f"dataset:d{n}"]}, {"resources": [f"dataset:d{n}"]}),
    "path": lambda n: (
        {"target": {"type": "http", "params": SETTINGS | {"url": f"https://hooks.example/{n}"}}},
        {"config__url": f"https://hooks.example/{n}"},
    ),
}
"""Edits of a webhook: what is sent, and what then stands in its columns."""


@pytest.mark.parametrize(
    "names",
    [("title", "description"), ("title", "enabled"), ("events", "resources"), ("path", "title"), ("enabled", "path")],
    ids=" and ".join,
)
def test_different_fields_of_a_webhook_are_both_kept_by_the_api(two, kinds, names):
    webhook = kinds["webhook"]().row

    def play(number):
        edits = [WEBHOOK_EDITS[name](number) for name in names]
        at_once(
            *(patch(client, f"/webhooks/{webhook.pk}", sent) for client, (sent, _kept) in zip(two, edits, strict=True))
        )
        return {name: value for _sent, kept in edits for name, value in kept.items()}

    assert lost(ROUNDS, webhook, play) == []
    assert Webhook.objects.get(pk=webhook.pk).settings["headers"] == [["X-Key", "s3cret"]]


def test_different_fields_of_a_webhook_are_both_kept_by_two_dialogs(two, kinds):
    edited = kinds["webhook"]()

    def play(number):
        words = {"title": f"T{number}", "description": f"D{number}"}
        at_once(*(save(client, edited.form, {name: words[name]}) for client, name in zip(two, words, strict=True)))
        return words

    assert lost(PAGE_ROUNDS, edited.row, play) == []


def test_different_fields_of_a_webhook_are_both_kept_by_a_dialog_and_the_api(two, kinds):
    edited = kinds["webhook"]()

    def play(number):
        at_once(
            save(two[0], edited.form, {"title": f"T{number}"}),
            patch(two[1], edited.path, {"description": f"D{number}"}),
        )
        return {"title": f"T{number}", "description": f"D{number}"}

    assert lost(PAGE_ROUNDS, edited.row, play) == []


def _edits():
    return AuditEntry.objects.filter(action=Action.UPDATED).count()


def test_of_two_who_write_the_same_field_of_a_webhook_none_is_acknowledged_in_vain(two, kinds):
    """The audit log tells of each that was acknowledged, and the last of them is what is kept."""
    edited = kinds["webhook"]()
    for number in range(ROUNDS):
        before = _edits()
        titles = [f"A{number}", f"B{number}"]
        answers = at_once(
            *(send(client, "PATCH", edited.path, {"title": title}) for client, title in zip(two, titles, strict=True))
        )
        done = [title for title, answer in zip(titles, answers, strict=True) if answer.status_code == 200]
        assert set(statuses(answers)) <= {200, 409}
        assert Webhook.objects.get(pk=edited.row.pk).title in done
        assert _edits() == before + len(done)


def test_a_webhook_that_is_created_while_the_settings_are_put_is_deleted_by_none_who_has_not_seen_it(two, kinds):
    edited = kinds["settings"]()
    for number in range(PAGE_ROUNDS):
        tag = two[0].get(f"{API}{edited.path}")["ETag"]
        item = edited.document["webhooks"][0]
        new = {
            "title": "New",
            "events": item["events"],
            "target": {"type": "http", "params": {"url": "https://a.example/"}},
        }
        put, created = at_once(
            send(two[0], "PUT", edited.path, edited.edit(number)[1], **{"If-Match": tag}),
            send(two[1], "POST", "/webhooks", new),
        )
        assert (put.status_code in {200, 412}, created.status_code) == (True, 201)
        assert two[0].delete(f"{API}/webhooks/{created.json()['id']}").status_code == 204


def test_name_and_language_of_an_account_are_both_kept_by_two_pages(two, account):
    def play(number):
        language = ("fr", "en")[number % 2]
        at_once(
            save(two[0], "/settings/general/", {"name": f"Ville {number}"}),
            save(two[1], "/settings/general/", {"language": language}),
        )
        return {"name": f"Ville {number}", "language": language}

    assert lost(PAGE_ROUNDS, account, play) == []


@pytest.mark.parametrize("model", [Dataset, Visualisation, Catalog])
def test_of_four_puts_of_what_must_be_new_one_creates_it(sign_in, alice, account, model):
    room = {Dataset: "datasets", Visualisation: "applications", Catalog: "catalogs"}[model]
    clients = [sign_in(alice) for _ in range(4)]

    def put(client, path):
        headers = {"If-None-Match": "*"}
        if model is not Dataset:
            return send(client, "PUT", path, {"title": "One"}, **headers)
        file = SimpleUploadedFile("a.csv", b"a,b\n1,2\n", content_type="text/csv")
        body = encode_multipart(BOUNDARY, {"file": file})
        return lambda: client.put(f"{API}{path}", body, content_type=MULTIPART_CONTENT, headers=headers)

    for scene in range(PAGE_ROUNDS):
        answers = at_once(*(put(client, f"/{room}/chosen-{scene}") for client in clients))
        assert sorted(statuses(answers)) == [201, 412, 412, 412], [answer.content for answer in answers]
    assert model.objects.count() == PAGE_ROUNDS

"""Catalogues over the API, and datasets published on them as Data Fair does."""

import pytest
from django.db import IntegrityError

from datasets.models import Catalog, Dataset
from tests.datasets.api.conftest import events
from webhooks.models import Event

API = "/api/v1/catalogs"
JSON = {"content_type": "application/json"}


def test_an_administrator_makes_changes_and_deletes_one(members, account):
    alice = members["alice"]
    made = alice.post(API, {"title": "Portail", "type": "local", "url": "ignored"}, **JSON)
    assert made.status_code == 201
    assert made.json() | {"createdAt": 0, "updatedAt": 0} == {
        "id": "portail",
        "title": "Portail",
        "description": "",
        "type": "local",
        "owner": {"type": "organization", "id": "ville", "name": "Ville"},
        "createdAt": 0,
        "updatedAt": 0,
        "url": "http://testserver/catalog/portail/",
        "href": "http://testserver/api/v1/catalogs/portail",
    }
    changed = alice.patch(f"{API}/portail", {"description": "All"}, **JSON).json()
    assert (changed["title"], changed["description"]) == ("Portail", "All")
    assert alice.put(f"{API}/second", {"title": "Second"}, **JSON).status_code == 201
    assert [c["id"] for c in alice.get(API, {"sort": "title:-1"}).json()["results"]] == ["second", "portail"]
    assert alice.get(API, {"q": "port"}).json()["count"] == 1
    assert alice.delete(f"{API}/portail").status_code == 204
    assert [c.slug for c in Catalog.objects.all()] == ["second"]


def test_the_types_are_listed_and_others_refused(members):
    alice = members["alice"]
    assert alice.get(f"{API}/_types").json() == [{"key": "local", "title": "Public page"}]
    assert alice.post(API, {"title": "A", "type": "udata"}, **JSON).status_code == 400
    alice.post(API, {"title": "A"}, **JSON)
    assert alice.patch(f"{API}/a", {"type": "local"}, **JSON).status_code == 200
    assert alice.post(API, {"title": ""}, **JSON).json()["errors"].keys() == {"title"}


def test_members_read_administrators_write_others_see_nothing(members):
    members["alice"].post(API, {"title": "A"}, **JSON)
    reads = {name: client.get(f"{API}/a").status_code for name, client in members.items()}
    assert reads == {"alice": 200, "carl": 200, "ursula": 200, "bob": 404, "visitor": 401}
    for name, status in (("carl", 403), ("ursula", 403), ("bob", 404), ("visitor", 401)):
        for method in ("patch", "delete"):
            assert getattr(members[name], method)(f"{API}/a", {"title": "x"}, **JSON).status_code == status
    assert members["carl"].post(API, {"title": "B"}, **JSON).status_code == 403
    assert members["bob"].get(API).json() == {"count": 0, "results": []}
    assert members["bob"].put(f"{API}/a", {"title": "Mine"}, **JSON).status_code == 404


def test_a_key_opens_what_its_scope_names(keyed):
    assert keyed("catalogs").post(API, {"title": "A"}, **JSON).status_code == 201
    assert keyed("catalogs-read").get(f"{API}/a").status_code == 200
    assert keyed("catalogs-read").delete(f"{API}/a").status_code == 403
    assert keyed("datasets").get(API).status_code == 403


def test_a_dataset_is_published_and_removed_by_a_patch(members, trees):
    members["alice"].post(API, {"title": "Portail"}, **JSON)
    here = f"/api/v1/datasets/{trees.slug}"
    carl = members["carl"]
    published = carl.patch(here, {"publications": [{"catalog": "portail", "status": "waiting"}]}, **JSON).json()
    assert [(p["catalog"], p["status"], p["targetUrl"]) for p in published["publications"]] == [
        ("portail", "published", "http://testserver/catalog/portail/")
    ]
    assert carl.get(here).json()["publications"] == published["publications"]
    assert members["visitor"].get(here).json()["publications"] == []
    carl.patch(here, {"title": "Arbres de la ville"}, **JSON)
    removed = carl.patch(here, {"publications": [{"catalog": "portail", "status": "deleted"}]}, **JSON).json()
    assert removed["publications"] == []
    told = Event.objects.filter(type="dataset.published").order_by("sequence")
    assert [event.data["publication"]["action"] for event in told] == ["created", "updated", "removed"]


def test_deleting_a_published_dataset_tells_its_catalogs(members, trees):
    members["alice"].post(API, {"title": "Portail"}, **JSON)
    here = f"/api/v1/datasets/{trees.slug}"
    members["carl"].patch(here, {"publications": [{"catalog": "portail"}]}, **JSON)
    assert members["alice"].delete(here).status_code == 204
    assert events("dataset.published") == ["dataset.published"] * 2


@pytest.mark.parametrize(
    ("wish", "status"), [([{"catalog": "x"}], 400), ([{"catalog": "portail", "status": "odd"}], 400), ("all", 400)]
)
def test_wishes_that_make_no_sense_change_nothing(members, trees, wish, status):
    members["alice"].post(API, {"title": "Portail"}, **JSON)
    answer = members["carl"].patch(f"/api/v1/datasets/{trees.slug}", {"title": "X", "publications": wish}, **JSON)
    assert answer.status_code == status
    assert Dataset.objects.get().title == "Arbres"


def test_two_catalogs_never_share_an_address(account):
    Catalog.objects.create(account=account, slug="a", title="A")
    with pytest.raises(IntegrityError):
        Catalog.objects.create(account=account, slug="a", title="B")

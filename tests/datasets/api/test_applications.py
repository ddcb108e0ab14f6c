"""Visualisations over the API, as a client written for Data Fair's applications uses it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datasets.charts.spec import Chart
from datasets.models import Dataset, Visualisation
from datasets.services import drawings
from tests.datasets.api.conftest import events
from tests.datasets.charting import AREAS
from webhooks.models import Event

API = "/api/v1/applications"
JSON = {"content_type": "application/json"}
CONFIGURATION = {
    "datasets": [{"href": "http://testserver/api/v1/datasets/cities"}],
    "mark": "bar",
    "x": "area",
    "y": "height",
    "aggregate": "sum",
    "colour": "",
}


@pytest.fixture
def dataset(account, serve) -> Dataset:
    made = Dataset.objects.create(
        account=account,
        slug="cities",
        title="Cities",
        file_name="c.csv",
        file_size=1,
        file_mimetype="text/csv",
        data_updated_at=timezone.now(),
    )
    return serve(made, AREAS)


def test_the_way_of_data_fair_create_configure_publish(members, dataset, account):
    carl = members["carl"]
    made = carl.post(API, {"title": "Arbres", "url": "https://koumoul.com/apps/charts/0.9/"}, **JSON)
    assert (made.status_code, made.json()["id"], made.json()["status"]) == (201, "arbres", "created")
    assert made["Location"] == "http://testserver/api/v1/applications/arbres"
    assert carl.get(f"{API}/arbres/configuration").json() == {}
    assert carl.put(f"{API}/arbres/configuration", CONFIGURATION, **JSON).status_code == 200
    assert carl.get(f"{API}/arbres/status").json() == "configured"
    kept = carl.get(f"{API}/arbres/config").json()
    assert kept["datasets"][0]["id"] == "cities"
    assert {name: kept[name] for name in ("mark", "x", "y", "aggregate")} == {
        name: CONFIGURATION[name] for name in ("mark", "x", "y", "aggregate")
    }
    members["alice"].post("/api/v1/catalogs", {"title": "Portail"}, **JSON)
    changes = {"public": True, "publications": [{"catalog": "portail", "status": "waiting"}]}
    published = carl.patch(f"{API}/arbres", changes, **JSON).json()
    assert [p["status"] for p in published["publications"]] == ["published"]
    carl.patch(f"{API}/arbres", {"publications": published["publications"]}, **JSON)
    gone = carl.patch(f"{API}/arbres", {"publications": [{"catalog": "portail", "status": "deleted"}]}, **JSON)
    assert gone.json()["publications"] == []
    assert events("visualisation") == ["visualisation.created"] + ["visualisation.published"] * 2
    assert [e["type"] for e in carl.get(f"{API}/arbres/journal").json()] == [
        "publication",
        "publication",
        "application-created",
    ]
    assert members["alice"].delete(f"{API}/arbres").status_code == 204
    assert carl.get(f"{API}/arbres").status_code == 404


def test_one_request_can_create_draw_and_publish(members, dataset):
    members["alice"].post("/api/v1/catalogs", {"title": "Portail"}, **JSON)
    body = {
        "title": "A",
        "visibility": "public",
        "configuration": CONFIGURATION,
        "publications": [{"catalog": "portail"}],
    }
    made = members["carl"].post(API, body, **JSON).json()
    assert (made["status"], made["public"], made["publications"][0]["catalog"]) == ("configured", True, "portail")
    assert made["datasets"] == [{"href": "http://testserver/api/v1/datasets/cities", "id": "cities", "title": "Cities"}]


def test_put_makes_one_of_the_chosen_id_then_changes_it(members, dataset):
    carl = members["carl"]
    assert carl.put(f"{API}/chosen", {"title": "One"}, **JSON).status_code == 201
    changed = carl.put(f"{API}/chosen", {"title": "Two"}, **JSON)
    assert (changed.status_code, changed.json()["title"], changed.json()["id"]) == (200, "Two", "chosen")
    assert carl.put(f"{API}/{'x' * 101}", {"title": "One"}, **JSON).status_code == 400
    assert members["bob"].put(f"{API}/chosen", {"title": "Mine"}, **JSON).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"x": "gone"}, "non_field_errors"),
        ({"x": ""}, "x"),
        ({"mark": "pyramid"}, "mark"),
        ({"datasets": [{"id": "nowhere"}]}, "datasets"),
        ({"datasets": []}, "datasets"),
        ({"y": ""}, "non_field_errors"),
    ],
)
def test_a_configuration_that_cannot_be_drawn_is_refused(members, dataset, changes, field):
    carl = members["carl"]
    carl.post(API, {"title": "A"}, **JSON)
    answer = carl.put(f"{API}/a/configuration", CONFIGURATION | changes, **JSON)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert Visualisation.objects.get().x == ""


def test_a_dataset_of_another_account_cannot_be_drawn(members, dataset):
    bob = members["bob"]
    bob.post(API, {"title": "B"}, **JSON)
    Dataset.objects.update(is_public=True)
    assert bob.put(f"{API}/b/configuration", CONFIGURATION, **JSON).status_code == 400


def test_an_error_is_told_once_and_cleared_by_the_next_configuration(members, dataset):
    carl = members["carl"]
    carl.post(API, {"title": "A", "configuration": CONFIGURATION}, **JSON)
    assert carl.post(f"{API}/a/error", {}, **JSON).json()["errors"].keys() == {"message"}
    for _ in range(2):
        assert carl.post(f"{API}/a/error", {"message": "It is broken."}, **JSON).status_code == 204
    shown = carl.get(f"{API}/a").json()
    assert (shown["status"], shown["errorMessage"]) == ("error", "It is broken.")
    assert events("visualisation.error") == ["visualisation.error"]
    assert Event.objects.get(type="visualisation.error").detail == "It is broken."
    carl.put(f"{API}/a/configuration", CONFIGURATION, **JSON)
    shown = carl.get(f"{API}/a").json()
    assert (shown["status"], shown["errorMessage"]) == ("configured", "")


def test_an_error_of_a_draft_is_only_noted(members, dataset):
    carl = members["carl"]
    carl.post(API, {"title": "A", "configuration": CONFIGURATION}, **JSON)
    referer = {"Referer": "https://portal.example/app/a?draft=true"}
    assert carl.post(f"{API}/a/error", {"message": "Draft."}, headers=referer, **JSON).status_code == 204
    shown = carl.get(f"{API}/a").json()
    assert (shown["status"], shown["errorMessage"], shown["errorMessageDraft"]) == ("configured", "", "Draft.")
    assert events("visualisation.error") == []


def test_the_error_of_a_drawing_is_read_by_members(members, dataset, serve, visualise):
    visualise(dataset, Chart("bar", "area"), title="A")
    serve(dataset, "SELECT 1 AS height")
    drawings.redraw(dataset)
    shown = [members["ursula"].get(f"{API}/a").json() for _ in range(2)]
    assert [one["errorMessage"] for one in shown] == ["The column “area” is no longer in the data."] * 2
    assert events("visualisation.error") == ["visualisation.error"]


def test_what_is_published_must_be_public_and_the_catalog_known(members, dataset):
    carl = members["carl"]
    carl.post(API, {"title": "A", "configuration": CONFIGURATION}, **JSON)
    unknown = carl.patch(f"{API}/a", {"title": "B", "publications": [{"catalog": "nowhere"}]}, **JSON)
    assert (unknown.status_code, unknown.json()["errors"]) == (
        400,
        {"publications.0.catalog": ["There is no such catalog."]},
    )
    members["alice"].post("/api/v1/catalogs", {"title": "Portail"}, **JSON)
    private = carl.patch(f"{API}/a", {"title": "B", "publications": [{"catalog": "portail"}]}, **JSON)
    assert private.status_code == 409
    assert "make it public first" in private.json()["detail"]
    assert carl.get(f"{API}/a").json()["title"] == "A"


WRITES = [
    ("post", API, {"title": "X"}),
    ("patch", f"{API}/a", {"title": "X"}),
    ("put", f"{API}/a", {"title": "X"}),
    ("put", f"{API}/a/configuration", CONFIGURATION),
    ("post", f"{API}/a/error", {"message": "x"}),
    ("delete", f"{API}/a", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_who_may_write(members, dataset, visualise, method, path, body):
    visualise(dataset, Chart("bar", "area"), title="A", is_public=True)
    statuses = {name: getattr(members[name], method)(path, body, **JSON).status_code for name in ("visitor", "ursula")}
    assert statuses == {"visitor": 401, "ursula": 403}
    if path != API:
        assert members["bob"].generic(method.upper(), path, "{}", **JSON).status_code in {400, 403}
        Visualisation.objects.update(is_public=False)
        assert getattr(members["bob"], method)(path, body, **JSON).status_code == 404


def test_who_may_read(members, dataset, visualise):
    visualise(dataset, Chart("bar", "area"), title="A")
    found = {name: client.get(f"{API}/a").status_code for name, client in members.items()}
    assert found == {"alice": 200, "carl": 200, "ursula": 200, "bob": 404, "visitor": 404}
    Visualisation.objects.update(is_public=True, draft_error="secret")
    assert {client.get(f"{API}/a").status_code for client in members.values()} == {200}
    seen = members["visitor"].get(f"{API}/a").json()
    assert (seen["errorMessageDraft"], seen["datasets"]) == ("", [])
    assert members["visitor"].get(f"{API}/a/configuration").json()["datasets"] == []
    assert [members[n].get(f"{API}/a/journal").status_code for n in ("carl", "ursula", "visitor")] == [200, 403, 403]


def test_a_key_opens_what_its_scope_names(keyed, dataset, visualise):
    visualise(dataset, Chart("bar", "area"), title="A")
    assert keyed("applications").patch(f"{API}/a", {"title": "B"}, **JSON).status_code == 200
    assert keyed("applications-read").get(f"{API}/a").status_code == 200
    assert keyed("applications-read").patch(f"{API}/a", {"title": "C"}, **JSON).status_code == 403
    assert keyed("datasets").get(f"{API}/a").status_code == 404


def test_the_list_is_data_fairs(members, dataset, visualise):
    for title in ("Beech", "Ash"):
        visualise(dataset, Chart("bar", "area"), title=title)
    carl = members["carl"]
    listed = carl.get(API, {"sort": "title:1", "select": "title", "size": 1, "owner": "organization:ville"}).json()
    assert (listed["count"], [r["title"] for r in listed["results"]]) == (2, ["Ash"])
    assert set(listed["results"][0]) == {"id", "owner", "title"}
    assert carl.get(API, {"q": "bee"}).json()["count"] == 1
    assert carl.get(API, {"dataset": "cities"}).json()["count"] == 2
    assert carl.get(API, {"dataset": "http://testserver/api/v1/datasets/other"}).json()["count"] == 0
    assert carl.get(API, {"sort": "count:1"}).status_code == 400
    assert members["visitor"].get(API).json() == {"count": 0, "results": []}


def test_a_list_of_many_costs_as_much_as_a_list_of_one(members, dataset, visualise):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert members["ursula"].get(API, {"size": 50}).status_code == 200
        return len(captured)

    first = visualise(dataset, Chart("bar", "area"), title="A")
    one = cost()
    copies = [Visualisation.objects.get(pk=first.pk) for _ in range(49)]
    for number, copy in enumerate(copies):
        copy.pk, copy.slug = None, f"copy-{number}"
    Visualisation.objects.bulk_create(copies)
    assert cost() == one


def test_unknown_names_are_refused(members, dataset):
    answer = members["carl"].post(API, {"title": "A", "colour": "red"}, **JSON)
    assert (answer.status_code, answer.json()["errors"]) == (400, {"colour": ["This cannot be changed."]})

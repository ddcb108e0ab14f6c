"""A GET or HEAD changes nothing: no page or route writes a row or records an event, downloads apart."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from datasets.charts.spec import Chart
from datasets.models import Catalog, Dataset, Visualisation
from datasets.services import drawings, publications
from datasets.services.catalogs import create_catalog
from tests.datasets.charting import AREAS
from tests.datasets.conftest import ALICE
from webhooks.models import Event

WRITES = ("INSERT", "UPDATE", "DELETE")

VISUALISATION = [
    "/visualisation/trees",
    "/visualisation/trees/progress",
    "/visualisation/trees/chart.svg",
    "/visualisation/trees/chart.svg?theme=dark&size=narrow",
    "/api/v1/applications",
    "/api/v1/applications/trees",
    "/api/v1/applications/trees/configuration",
    "/api/v1/applications/trees/config",
    "/api/v1/applications/trees/status",
]
FOR_CONTRIBUTORS = [
    "/visualisations/",
    "/visualisations/new",
    "/visualisations/new?dataset=cities",
    "/visualisations/preview?dataset=cities&mark=bar&x=area&aggregate=count",
    "/visualisation/trees/configure",
    "/visualisation/trees/delete",
    "/api/v1/applications/trees/journal",
    "/datasets/",
    "/datasets/new",
    "/dataset/cities/progress",
    "/dataset/cities/edit",
    "/dataset/cities/replace",
    "/dataset/cities/delete",
    "/api/v1/datasets/cities/journal",
    "/catalogs/",
    "/catalogs/new",
    "/catalogs/open-data/edit",
    "/catalogs/open-data/delete",
    "/api/v1/catalogs",
    "/api/v1/catalogs/_types",
    "/api/v1/catalogs/open-data",
]
FOR_ALL = [
    "/dataset/cities",
    "/catalog/open-data/",
    "/api/v1/datasets",
    "/api/v1/datasets/cities",
    "/api/v1/datasets/cities/schema",
    "/api/v1/datasets/cities/lines",
]


@pytest.fixture
def catalog(account, dataset, drawn) -> Catalog:
    catalog = create_catalog(account, title="Open data", by=ALICE)
    Dataset.objects.update(is_public=True)
    dataset.refresh_from_db()
    publications.publish_dataset(dataset, catalog=catalog, by=ALICE)
    publications.publish_visualisation(drawn, catalog=catalog, by=ALICE)
    return catalog


def fresh(drawn, dataset, serve) -> None:
    """Leave it as it is: drawn of the data that is served."""


def stale(drawn, dataset, serve) -> None:
    serve(dataset, "SELECT 'Zanzibar' AS area")


def never_drawn(drawn, dataset, serve) -> None:
    drawn.drawings.all().delete()
    Visualisation.objects.update(caption="", figures={}, status="created", drawn_version=0, drawn_revision=0)


def not_drawable(drawn, dataset, serve) -> None:
    serve(dataset, "SELECT 1 AS height")


STATES = [fresh, stale, never_drawn, not_drawable]


def written(client: Client, path: str) -> tuple[list[str], int]:
    """Return the statements that write and the number of events, after a GET and a HEAD of `path`."""
    with CaptureQueriesContext(connection) as captured:
        for method in (client.get, client.head):
            answer = method(path)
            assert answer.status_code in {200, 204, 404, 405}, (path, answer.status_code)
    statements = [query["sql"] for query in captured if query["sql"].startswith(WRITES)]
    return statements, Event.objects.count()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("path", VISUALISATION)
def test_looking_at_a_visualisation_writes_nothing(cast, sign_in, drawn, dataset, serve, state, path):
    state(drawn, dataset, serve)
    before = Event.objects.count()
    for client in (Client(), sign_in(cast.carl)):
        assert written(client, path) == ([], before)


@pytest.mark.parametrize("path", [*FOR_CONTRIBUTORS, *FOR_ALL])
def test_no_other_page_or_route_writes_on_a_get(cast, sign_in, catalog, path):
    before = Event.objects.count()
    for client in (Client(), sign_in(cast.alice)) if path in FOR_ALL else (sign_in(cast.alice),):
        assert written(client, path) == ([], before)


def test_the_last_drawing_is_shown_until_the_worker_has_made_the_next(client, drawn, dataset, serve):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert "is being drawn" not in client.get("/visualisation/trees").content.decode()
    stale(drawn, dataset, serve)

    page = client.get("/visualisation/trees").content.decode()
    assert "is being drawn" in page
    assert 'hx-get="/visualisation/trees/progress"' in page
    assert "Centre" in page
    assert ">Centre<" in client.get("/visualisation/trees/chart.svg").content.decode()
    assert client.get("/visualisation/trees/progress").status_code == 204

    drawings.redraw(dataset)

    part = client.get("/visualisation/trees/progress").content.decode()
    assert ("Zanzibar" in part, "is being drawn" in part, "hx-get" in part, "<html" in part) == (
        True,
        False,
        False,
        False,
    )


def test_what_was_never_drawn_says_that_it_is_being_drawn(client, drawn, dataset, serve):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    never_drawn(drawn, dataset, serve)

    page = client.get("/visualisation/trees").content.decode()
    assert "is being drawn" in page
    assert "<picture" not in page
    assert client.get("/visualisation/trees/chart.svg").status_code == 404

    drawings.redraw(dataset)

    assert "<picture" in client.get("/visualisation/trees/progress").content.decode()


def test_the_progress_of_a_private_visualisation_is_for_its_members(cast, sign_in, client, drawn):
    Visualisation.objects.update(is_public=False)
    statuses = [who.get("/visualisation/trees/progress").status_code for who in (client, sign_in(cast.bob))]
    assert statuses == [404, 404]
    assert sign_in(cast.ursula).get("/visualisation/trees/progress").status_code == 200


def test_one_without_a_configuration_does_not_wait_for_a_drawing(cast, sign_in, dataset, serve, visualise):
    visualise(serve(dataset, AREAS), Chart())
    page = sign_in(cast.ursula).get("/visualisation/trees").content.decode()
    assert "waits for its configuration" in page
    assert 'hx-get="/visualisation/trees/progress"' not in page

"""What two people change at the same moment is all kept, by the API and by the pages; what they create at once is one.

See `tests/racing.py` for longer scenes.
"""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.principal import WORKER
from datasets.charts.spec import Chart
from datasets.models import Catalog, Dataset, Visualisation
from datasets.services.catalogs import create_catalog
from tests.pages import fields_of, save
from tests.racing import API, PAGE_ROUNDS, ROUNDS, at_once, lost, patch

TABLE = "SELECT * FROM (VALUES ('Centre', 'A', 10.5, 1.0), ('Nord', 'B', 5.0, 2.0)) t(area, kind, height, width)"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(sign_in, alice) -> tuple[Client, Client]:
    """Two browsers of the same person."""
    return sign_in(alice), sign_in(alice)


@pytest.fixture
def catalog(account) -> Catalog:
    return create_catalog(account, title="Portail", by=WORKER)


@pytest.fixture
def visualisation(dataset, serve, visualise) -> Visualisation:
    return visualise(serve(dataset, TABLE), Chart("bar", "area"))


def test_title_and_description_of_a_dataset_are_both_kept_by_the_api(two, dataset):
    def play(number):
        words = {"title": f"T{number}", "description": f"D{number}"}
        at_once(
            *(patch(client, "/datasets/cities", {name: words[name]}) for client, name in zip(two, words, strict=True))
        )
        return words

    assert lost(ROUNDS, dataset, play) == []


def test_title_and_visibility_of_a_dataset_are_both_kept_by_the_api(two, dataset):
    def play(number):
        is_public = number % 2 == 0
        at_once(
            patch(two[0], "/datasets/cities", {"title": f"T{number}"}),
            patch(two[1], "/datasets/cities", {"public": is_public}),
        )
        return {"title": f"T{number}", "is_public": is_public}

    assert lost(ROUNDS, dataset, play) == []


def test_title_and_description_of_a_visualisation_are_both_kept_by_the_api(two, visualisation):
    def play(number):
        words = {"title": f"T{number}", "description": f"D{number}"}
        at_once(
            *(
                patch(client, "/applications/trees", {name: words[name]})
                for client, name in zip(two, words, strict=True)
            )
        )
        return words

    assert lost(ROUNDS, visualisation, play) == []


def test_each_part_of_a_chart_is_kept_by_the_api(two, visualisation):
    """A drawing is made for each change: few rounds say as much."""
    Visualisation.objects.update(aggregate="sum", y="height")

    def play(number):
        y, mark = ("height", "width")[number % 2], ("line", "bar")[number % 2]
        at_once(
            patch(two[0], "/applications/trees", {"configuration": {"y": y}}),
            patch(two[1], "/applications/trees", {"configuration": {"mark": mark}}),
        )
        return {"y": y, "mark": mark, "x": "area", "aggregate": "sum"}

    assert lost(PAGE_ROUNDS, visualisation, play) == []
    visualisation.refresh_from_db()
    assert (visualisation.status, visualisation.is_stale) == ("configured", False)


def test_title_and_description_of_a_catalog_are_both_kept_by_the_api(two, catalog):
    def play(number):
        words = {"title": f"T{number}", "description": f"D{number}"}
        at_once(
            *(patch(client, "/catalogs/portail", {name: words[name]}) for client, name in zip(two, words, strict=True))
        )
        return words

    assert lost(ROUNDS, catalog, play) == []


@pytest.fixture(params=["dataset", "catalog", "visualisation"])
def edited(request):
    """A resource and the path of its form."""
    resource = request.getfixturevalue(request.param)
    paths = {
        "dataset": "/dataset/cities/edit",
        "catalog": "/catalogs/portail/edit",
        "visualisation": "/visualisation/trees/configure?dataset=cities",
    }
    return resource, paths[request.param]


def test_title_and_description_are_both_kept_by_two_pages(two, edited):
    resource, path = edited

    def play(number):
        words = {"title": f"T{number}", "description": f"D{number}"}
        at_once(*(save(client, path, {name: words[name]}) for client, name in zip(two, words, strict=True)))
        return words

    assert lost(PAGE_ROUNDS, resource, play) == []


def test_a_page_that_was_open_for_long_undoes_nothing(two, edited):
    resource, path = edited
    early, late = save(two[0], path, {"title": "Early"}), save(two[1], path, {"description": "Late"})
    late()
    early()
    resource.refresh_from_db()
    assert (resource.title, resource.description) == ("Early", "Late")


def test_a_field_can_be_emptied_and_a_refused_form_still_knows_what_was_seen(two, edited):
    resource, path = edited
    save(two[0], path, {"description": "Long"})()
    tab = fields_of(two[0].get(path))
    refused = two[0].post(path, tab | {"title": " "})
    save(two[1], path, {"title": "Meanwhile"})()

    assert refused.status_code == 422
    again = fields_of(refused) | {"title": tab["title"], "description": ""}
    assert two[0].post(path, again).status_code == 302
    resource.refresh_from_db()
    assert (resource.title, resource.description) == ("Meanwhile", "")


def test_each_part_of_a_chart_is_kept_by_two_pages(two, visualisation, dataset):
    path = "/visualisation/trees/configure?dataset=cities"
    first = save(two[0], path, {"mark": "line"})
    second = save(two[1], path, {"aggregate": "sum", "y": "height"})
    third = save(two[0], path, {"colour": "kind"})
    for act in (first, second, third):
        act()

    visualisation.refresh_from_db()
    assert visualisation.chart == Chart("line", "area", "height", "sum", "kind")


def test_a_dataset_chosen_by_one_page_stays_when_another_saves_a_title(two, visualisation, dataset, serve):
    other = Dataset.objects.get(pk=dataset.pk)
    other.pk, other.slug, other.version, other.status = None, "autres", 0, "created"
    other.save(force_insert=True)
    serve(other, TABLE)
    title = save(two[0], "/visualisation/trees/configure?dataset=cities", {"title": "Early"})
    save(two[1], "/visualisation/trees/configure?dataset=autres", {"x": "kind"})()
    title()

    visualisation.refresh_from_db()
    assert (visualisation.dataset, visualisation.x, visualisation.title) == (other, "kind", "Early")


def test_four_uploads_of_one_new_id_at_once_are_one_dataset(sign_in, alice, account):
    clients = [sign_in(alice) for _ in range(4)]

    def upload(client, number, slug):
        file = SimpleUploadedFile(f"{number}.csv", b"a,b\n1,2\n", content_type="text/csv")
        body = encode_multipart(BOUNDARY, {"file": file})
        return lambda: client.put(f"{API}/datasets/{slug}", body, content_type=MULTIPART_CONTENT)

    for scene in range(PAGE_ROUNDS):
        slug = f"Villes_{scene}"
        answers = at_once(*(upload(client, number, slug) for number, client in enumerate(clients)))

        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
        assert {answer.json()["id"] for answer in answers} == {slug}
        made = Dataset.objects.get(slug=slug)
        assert (made.revision, (made.folder(4) / "original").read_bytes()) == (4, b"a,b\n1,2\n")
    assert Dataset.objects.count() == PAGE_ROUNDS


@pytest.mark.parametrize(("room", "model"), [("applications", Visualisation), ("catalogs", Catalog)])
def test_four_puts_of_one_new_id_at_once_are_one(sign_in, alice, account, room, model):
    clients = [sign_in(alice) for _ in range(4)]

    def put(client, path):
        return lambda: client.put(path, {"title": "One"}, content_type="application/json")

    for scene in range(PAGE_ROUNDS):
        answers = at_once(*(put(client, f"{API}/{room}/chosen-{scene}") for client in clients))

        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert model.objects.count() == PAGE_ROUNDS

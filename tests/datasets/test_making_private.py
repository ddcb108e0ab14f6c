"""Making private takes off every catalogue, by page and by API, and is told before and after."""

import json
import re

import pytest
from django.test import Client

from datasets import catalogs
from datasets.models import Catalog, Dataset, Publication, Visualisation
from datasets.services import publications
from datasets.services.catalogs import create_catalog
from tests.datasets.conftest import ALICE
from tests.datasets.services.test_publications import Moody
from webhooks.models import Event

DATASET, VISUALISATION = "dataset.published", "visualisation.published"


@pytest.fixture
def both(account, dataset, drawn) -> list[Catalog]:
    """Two catalogues on which a public dataset and its visualisation are published."""
    Dataset.objects.update(is_public=True)
    dataset.refresh_from_db()
    made = [create_catalog(account, title=title, by=ALICE) for title in ("Open data", "Statistics")]
    for catalog in made:
        publications.publish_dataset(dataset, catalog=catalog, by=ALICE)
        publications.publish_visualisation(drawn, catalog=catalog, by=ALICE)
    return made


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def removed() -> list[tuple[str, str]]:
    """Return the type and the catalogue of each removal that was recorded."""
    events = Event.objects.filter(data__publication__action="removed").order_by("sequence")
    return [(event.type, event.data["publication"]["catalog"]["title"]) for event in events]


def counts(member: Client, visitor: Client) -> list[tuple[int, int]]:
    """Return, for each catalogue, the publications counted by the list and those that its page shows."""
    listed = re.findall(r"(\d+) publications?", text_of(member.get("/catalogs/")))
    shown = [
        text_of(visitor.get(f"/catalog/{slug}/")).count('<li class="card">') for slug in ("open-data", "statistics")
    ]
    return list(zip(map(int, listed), shown, strict=True))


def by_page(client: Client, path: str):
    return client.post(f"{path}/share", {"public": "no"}, follow=True)


@pytest.mark.usefixtures("both")
def test_a_dataset_made_private_leaves_every_catalogue_and_its_visualisation_stays(cast, sign_in, client):
    carl = sign_in(cast.carl)
    assert counts(carl, client) == [(2, 2), (2, 2)]
    assert "It is published on 2 catalogs: making it private takes it off them." in text_of(carl.get("/dataset/cities"))

    page = text_of(by_page(carl, "/dataset/cities"))

    assert "The dataset is private now. It was taken off 2 catalogs." in page
    assert "Not on any catalog." in page
    assert removed() == [(DATASET, "Open data"), (DATASET, "Statistics")]
    assert {event.origin_name for event in Event.objects.filter(data__publication__action="removed")} == {"Carl"}
    assert not Publication.objects.filter(dataset__isnull=False).exists()
    assert Publication.objects.filter(visualisation__isnull=False, status="published").count() == 2
    assert counts(carl, client) == [(1, 1), (1, 1)]


@pytest.mark.usefixtures("both")
def test_a_visualisation_made_private_leaves_every_catalogue_and_its_dataset_stays(cast, sign_in, client):
    carl = sign_in(cast.carl)
    page = text_of(carl.get("/visualisation/trees"))
    assert "It is published on 2 catalogs: making it private takes it off them." in page

    page = text_of(by_page(carl, "/visualisation/trees"))

    assert "The visualisation is private now. It was taken off 2 catalogs." in page
    assert removed() == [(VISUALISATION, "Open data"), (VISUALISATION, "Statistics")]
    assert counts(carl, client) == [(1, 1), (1, 1)]


@pytest.mark.parametrize("body", [{"public": False}, {"visibility": "private"}])
@pytest.mark.parametrize(("path", "event"), [("datasets/cities", DATASET), ("applications/trees", VISUALISATION)])
@pytest.mark.usefixtures("both")
def test_the_api_takes_off_as_the_page_does(cast, sign_in, client, path, event, body):
    carl = sign_in(cast.carl)
    answer = carl.patch(f"/api/v1/{path}", json.dumps(body), content_type="application/json")

    assert (answer.status_code, answer.json()["visibility"], answer.json()["publications"]) == (200, "private", [])
    assert removed() == [(event, "Open data"), (event, "Statistics")]
    assert counts(carl, client) == [(1, 1), (1, 1)]


@pytest.mark.parametrize("path", ["datasets/cities", "applications/trees"])
@pytest.mark.usefixtures("both")
def test_what_is_made_private_is_not_updated_before_it_is_removed(cast, sign_in, path):
    body = {"public": False, "title": "Renamed"}
    sign_in(cast.carl).patch(f"/api/v1/{path}", json.dumps(body), content_type="application/json")

    assert len(removed()) == 2
    assert not Event.objects.filter(data__publication__action="updated").exists()


@pytest.mark.parametrize("path", ["datasets/cities", "applications/trees"])
@pytest.mark.usefixtures("both")
def test_what_is_made_private_cannot_be_published_by_the_same_request(cast, sign_in, client, path):
    body = {"public": False, "publications": [{"catalog": "open-data", "status": "waiting"}]}
    carl = sign_in(cast.carl)
    answer = carl.patch(f"/api/v1/{path}", json.dumps(body), content_type="application/json")

    assert answer.status_code == 409
    assert removed() == []
    assert counts(carl, client) == [(2, 2), (2, 2)]


@pytest.mark.usefixtures("both")
def test_what_was_taken_off_does_not_come_back_by_itself(cast, sign_in, client):
    carl = sign_in(cast.carl)
    by_page(carl, "/dataset/cities")
    page = text_of(carl.post("/dataset/cities/share", {"public": "yes"}, follow=True))

    assert "The dataset is public now." in page
    assert "Not on any catalog." in page
    assert counts(carl, client) == [(1, 1), (1, 1)]


def test_what_is_on_no_catalogue_is_made_private_without_further_words(cast, sign_in, drawn):
    carl = sign_in(cast.carl)
    assert "making it private" not in text_of(carl.get("/visualisation/trees"))

    page = text_of(by_page(carl, "/visualisation/trees"))

    assert "The visualisation is private now." in page
    assert "taken off" not in page


@pytest.mark.django_db(transaction=True)
def test_a_remote_catalogue_is_told_by_the_worker(account, cast, sign_in, dataset):
    Dataset.objects.update(is_public=True)
    dataset.refresh_from_db()
    with catalogs.registered(Moody):
        Moody.refuses, Moody.asked = False, []
        publications.publish_dataset(
            dataset, catalog=create_catalog(account, title="Far", kind="moody", by=ALICE), by=ALICE
        )
        publications.process_waiting()

        by_page(sign_in(cast.carl), "/dataset/cities")

        assert (Publication.objects.get().status, removed()) == ("deleted", [])
        publications.process_waiting()
        assert Moody.asked == ["publish", "remove"]
        assert removed() == [(DATASET, "Far")]
        assert not Publication.objects.exists()


def test_a_row_read_before_it_was_made_private_cannot_be_published(both, dataset, drawn, cast, sign_in):
    carl = sign_in(cast.carl)
    for path, before in (("/dataset/cities", dataset), ("/visualisation/trees", drawn)):
        by_page(carl, path)
        assert before.is_public
        with pytest.raises(publications.NotPublic):
            publications.publish(before, catalog=both[0], by=ALICE)
    assert not Publication.objects.exists()
    assert Visualisation.objects.filter(is_public=False).exists()

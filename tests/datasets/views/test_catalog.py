"""The pages of catalogues: administrators manage them, contributors publish, everybody reads what is published."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from datasets import catalogs
from datasets.models import Catalog, Dataset, Publication, Visualisation
from datasets.services import publications
from datasets.services.catalogs import create_catalog
from tests.datasets.conftest import ALICE
from tests.datasets.services.test_publications import Moody
from webhooks.models import Event


@pytest.fixture
def catalog(city) -> Catalog:
    return create_catalog(city, title="Our data", description="All of it.", by=ALICE)


@pytest.fixture
def published(dataset, drawn, catalog) -> Catalog:
    Dataset.objects.update(is_public=True)
    dataset.refresh_from_db()
    publications.publish_dataset(dataset, catalog=catalog, by=ALICE)
    publications.publish_visualisation(drawn, catalog=catalog, by=ALICE)
    return catalog


def text_of(answer) -> str:
    return answer.content.decode()


def test_an_administrator_makes_changes_and_deletes_one_without_javascript(cast, sign_in, city):
    alice = sign_in(cast.alice)
    assert "New catalog" in text_of(alice.get(reverse("datasets:catalogs")))
    made = alice.post(reverse("datasets:catalog_create"), {"title": "Open data", "description": "Hello"})
    assert made["Location"] == reverse("datasets:catalogs")
    catalog = Catalog.objects.get()
    assert (catalog.account, catalog.slug, catalog.kind) == (city, "open-data", "local")
    edit = reverse("datasets:catalog_edit", args=["open-data"])
    assert 'value="Open data"' in text_of(alice.get(edit))
    alice.post(edit, {"title": "Opened data", "description": ""})
    catalog.refresh_from_db()
    assert (catalog.title, catalog.slug) == ("Opened data", "open-data")
    delete = reverse("datasets:catalog_delete", args=["open-data"])
    assert "Delete the catalog" in text_of(alice.get(delete))
    assert Catalog.objects.exists()
    alice.post(delete)
    assert not Catalog.objects.exists()


def test_a_form_without_a_title_comes_back(cast, sign_in):
    answer = sign_in(cast.alice).post(
        reverse("datasets:catalog_create"), {"title": " "}, headers={"HX-Request": "true"}
    )
    assert (answer.status_code, "This field is required." in text_of(answer)) == (422, True)
    assert "<html" not in text_of(answer)


def test_the_type_is_asked_where_there_is_a_choice(cast, sign_in):
    alice = sign_in(cast.alice)
    assert 'name="kind"' not in text_of(alice.get(reverse("datasets:catalog_create")))
    with catalogs.registered(Moody):
        assert 'name="kind"' in text_of(alice.get(reverse("datasets:catalog_create")))
        alice.post(reverse("datasets:catalog_create"), {"title": "M", "kind": "moody"})
        assert Catalog.objects.get().kind == "moody"
        assert sign_in(cast.alice).get("/catalog/m/").status_code == 404


def test_others_than_administrators_only_look(cast, sign_in, catalog):
    for user in (cast.carl, cast.ursula):
        person = sign_in(user)
        page = text_of(person.get(reverse("datasets:catalogs")))
        assert "Our data" in page
        assert "New catalog" not in page
        for name, arguments in (
            ("catalog_create", []),
            ("catalog_edit", ["our-data"]),
            ("catalog_delete", ["our-data"]),
        ):
            assert person.post(reverse(f"datasets:{name}", args=arguments), {"title": "x"}).status_code == 403
    bob = sign_in(cast.bob)
    assert "Our data" not in text_of(bob.get(reverse("datasets:catalogs")))
    for name in ("catalog_edit", "catalog_delete"):
        assert bob.post(reverse(f"datasets:{name}", args=["our-data"]), {"title": "x"}).status_code == 404


def test_a_contributor_publishes_and_takes_off_from_the_page_of_the_thing(cast, sign_in, drawn, catalog, client):
    carl = sign_in(cast.carl)
    assert '<option value="our-data">' in text_of(carl.get(drawn.get_absolute_url()))
    here = reverse("datasets:publish_visualisation", args=[drawn.slug])
    answer = carl.post(here, {"catalog": "our-data"}, follow=True)
    assert "was published on" in text_of(answer)
    assert "Take off Our data" in text_of(answer)
    assert "Trees" in text_of(client.get("/catalog/our-data/"))
    carl.post(here, {"catalog": "our-data", "action": "remove"})
    assert "Trees" not in text_of(client.get("/catalog/our-data/"))
    actions = [
        e.data["publication"]["action"] for e in Event.objects.filter(type="visualisation.published").order_by("id")
    ]
    assert actions == ["created", "removed"]


def test_what_is_private_is_refused_with_a_sentence(cast, sign_in, dataset, catalog):
    carl = sign_in(cast.carl)
    answer = carl.post(reverse("datasets:publish_dataset", args=[dataset.slug]), {"catalog": "our-data"})
    assert answer["Location"] == "/dataset/cities"
    assert "make it public first" in text_of(carl.get(reverse("datasets:catalogs")))
    assert not Publication.objects.exists()


def test_nobody_publishes_on_or_from_another_account(cast, sign_in, dataset, catalog):
    foreign = create_catalog(cast.bob.accounts.get(), title="Foreign", by=ALICE)
    here = reverse("datasets:publish_dataset", args=[dataset.slug])
    assert sign_in(cast.carl).post(here, {"catalog": foreign.slug}).status_code == 404
    assert sign_in(cast.bob).post(here, {"catalog": foreign.slug}).status_code == 404
    assert sign_in(cast.ursula).post(here, {"catalog": catalog.slug}).status_code == 403


def test_a_visitor_reads_searches_and_downloads(client, published):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = text_of(client.get("/catalog/our-data/"))
    for shown in (
        "Our data",
        "All of it.",
        "Cities",
        "/api/v1/datasets/cities/raw",
        "/api/v1/datasets/cities/full",
        "Trees",
    ):
        assert shown in page
    assert "/visualisation/trees/chart.svg" in page
    only = text_of(client.get("/catalog/our-data/", {"type": "datasets"}))
    assert ("Cities" in only, "Trees" in only) == (True, False)
    found = text_of(client.get("/catalog/our-data/", {"q": "tre"}, headers={"HX-Request": "true"}))
    assert ("Cities" in found, "Trees" in found, "<html" in found) == (False, True, False)
    assert "Nothing matches" in text_of(client.get("/catalog/our-data/", {"q": "sea"}))
    assert client.get("/catalog/our-data/", {"type": "odd"}).status_code == 404
    assert client.get("/catalog/nowhere/").status_code == 404


def test_neither_page_nor_count_shows_what_is_private(client, cast, sign_in, published):
    Dataset.objects.update(is_public=False)
    Visualisation.objects.update(is_public=False)
    page = text_of(client.get("/catalog/our-data/"))
    assert ("Cities" in page, "Trees" in page) == (False, False)
    assert "0 publications" in text_of(sign_in(cast.carl).get("/catalogs/"))


def test_hostile_words_stay_text(client, published):
    hostile = "\"><script>alert('x')</script>{{ 7919*7919 }}"
    Catalog.objects.update(title=hostile, description=hostile)
    Dataset.objects.update(title=hostile, description=hostile)
    page = text_of(client.get("/catalog/our-data/", {"q": ""}))
    assert "alert(" in page
    assert "<script>alert" not in page
    assert not re.search(r"\b62710561\b", page)
    assert "<script>alert" not in text_of(client.get("/catalog/our-data/", {"q": hostile}))


def test_a_page_of_many_costs_as_much_as_a_page_of_one(client, city, dataset, drawn, catalog):
    def add(number: int) -> None:
        dataset.pk, dataset.slug, dataset.is_public = None, f"d{number}", True
        dataset.save(force_insert=True)
        drawn.pk, drawn.slug = None, f"v{number}"
        drawn.save(force_insert=True)
        for of in ({"dataset": dataset}, {"visualisation": drawn}):
            now = timezone.now()
            Publication.objects.create(catalog=catalog, status="published", published_at=now, requested_at=now, **of)

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    add(0)
    one = cost("/catalog/our-data/")
    for number in range(1, 25):
        add(number)
    assert cost("/catalog/our-data/") == one
    assert "Page 1 of 3" in text_of(client.get("/catalog/our-data/", headers={"Accept-Language": "en"}))


def test_the_list_of_catalogs_costs_the_same_for_many(cast, sign_in, city, catalog):
    ursula = sign_in(cast.ursula)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert ursula.get(reverse("datasets:catalogs")).status_code == 200
        return len(captured)

    one = cost()
    for number in range(19):
        create_catalog(city, title=f"Catalog {number}", by=ALICE)
    assert cost() == one

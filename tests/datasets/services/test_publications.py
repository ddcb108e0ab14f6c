"""Publishing, renewing, un-publishing: each is one event, and a refusal is an error with its reason."""

from contextlib import closing

import pytest
from celery import current_app
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.principal import WORKER
from datasets import catalogs, tasks
from datasets.charts.spec import Chart
from datasets.models import Catalog, Dataset, Publication
from datasets.services import publications
from datasets.services.catalogs import create_catalog, delete_catalog
from datasets.services.datasets import delete_dataset
from tests.datasets.conftest import ALICE
from webhooks.models import Event


@pytest.fixture
def catalog(city) -> Catalog:
    return create_catalog(city, title="Our catalog", by=ALICE)


@pytest.fixture
def public(dataset) -> Dataset:
    dataset.is_public = True
    dataset.save()
    return dataset


def told(*types: str) -> list[tuple[str, str | None]]:
    events = Event.objects.filter(type__in=types) if types else Event.objects.all()
    return [(event.type, (event.data.get("publication") or {}).get("action")) for event in events.order_by("sequence")]


def test_publishing_renewing_and_removing_a_dataset_are_three_events(public, catalog):
    publications.publish_dataset(public, catalog=catalog, by=ALICE)
    publication = publications.publish_dataset(public, catalog=catalog, by=ALICE)
    assert (publication.status, publication.target_url) == ("published", "http://testserver/catalog/our-catalog/")
    publications.unpublish(public, catalog=catalog, by=ALICE)
    publications.unpublish(public, catalog=catalog, by=ALICE)
    assert told() == [("dataset.published", action) for action in ("created", "updated", "removed")]
    assert not Publication.objects.exists()
    event = Event.objects.order_by("sequence")[0]
    assert (event.origin_name, event.data["publication"]["catalog"]["id"]) == ("Alice", "our-catalog")


def test_a_visualisation_is_published_and_removed_alike(drawn, catalog):
    publications.publish_visualisation(drawn, catalog=catalog, by=ALICE)
    publications.unpublish(drawn, catalog=catalog, by=ALICE)
    assert told("visualisation.published") == [
        ("visualisation.published", "created"),
        ("visualisation.published", "removed"),
    ]


@pytest.mark.usefixtures("in_english")
def test_what_is_private_or_has_nothing_to_show_is_refused_with_a_sentence(dataset, catalog, visualise):
    with pytest.raises(publications.NotPublic, match="private"):
        publications.publish_dataset(dataset, catalog=catalog, by=ALICE)
    Dataset.objects.update(is_public=True, version=0, status="created")
    dataset.refresh_from_db()
    with pytest.raises(publications.NotFinalized):
        publications.publish_dataset(dataset, catalog=catalog, by=ALICE)
    with pytest.raises(publications.NotFinalized):
        publications.publish_visualisation(
            visualise(dataset, Chart("bar", "a"), is_public=True), catalog=catalog, by=ALICE
        )
    assert told("dataset.published", "visualisation.published") == []


def test_a_catalog_publishes_only_what_its_account_owns(public, cast):
    foreign = create_catalog(cast.bob.accounts.get(), title="Foreign", by=ALICE)
    with pytest.raises(ValueError, match="own account"):
        publications.publish_dataset(public, catalog=foreign, by=ALICE)


class Moody(catalogs.Connector):
    """A remote catalogue that refuses when told to, and remembers what it was asked."""

    kind = "moody"
    label = "Moody"
    description = "…"
    icon = "cloud"
    refuses = False
    asked: list[str] = []

    def publish(self, publication):
        assert not transaction.get_connection().in_atomic_block, "a network call would hold the transaction"
        return self._answer("publish", publication)

    def update(self, publication):
        return self._answer("update", publication)

    def remove(self, publication):
        self._answer("remove", publication)

    def _answer(self, act: str, publication) -> str:
        type(self).asked.append(act)
        if type(self).refuses:
            raise catalogs.CatalogError(_("The catalog is being repaired."))
        return f"https://moody.example/{publication.resource.slug}"


@pytest.fixture
def moody(city):
    with catalogs.registered(Moody):
        Moody.refuses, Moody.asked = False, []
        yield create_catalog(city, title="Moody", kind="moody", by=ALICE)


@pytest.mark.django_db(transaction=True)
def test_a_remote_catalog_is_called_by_the_worker_outside_any_transaction(public, moody):
    publication = publications.publish_dataset(public, catalog=moody, by=ALICE)
    assert (publication.status, Moody.asked, told()) == ("waiting", [], [])
    publications.process_waiting()
    publication.refresh_from_db()
    assert (publication.status, publication.target_url) == ("published", "https://moody.example/cities")
    assert told() == [("dataset.published", "created")]
    publications.process_waiting()
    assert Moody.asked == ["publish"]
    assert Event.objects.get().origin_name == "Alice"


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_one_error_and_asking_again_can_mend_it(public, moody):
    Moody.refuses = True
    publication = publications.publish_dataset(public, catalog=moody, by=ALICE)
    publications.process_waiting()
    publications.process_waiting()
    publication.refresh_from_db()
    assert publication.status == "error"
    event = Event.objects.get()
    assert (event.type, event.detail) == ("dataset.error", "The catalog is being repaired.")
    assert event.data["publication"]["catalog"]["type"] == "moody"
    Moody.refuses = False
    publications.publish_dataset(public, catalog=moody, by=ALICE)
    publications.process_waiting()
    assert told() == [("dataset.error", None), ("dataset.published", "created")]


@pytest.mark.django_db(transaction=True)
def test_what_never_was_on_the_catalog_is_not_told_to_have_left_it(public, moody):
    publications.publish_dataset(public, catalog=moody, by=ALICE)
    publications.unpublish(public, catalog=moody, by=ALICE)
    publications.process_waiting()
    assert (Moody.asked, told(), Publication.objects.count()) == (["remove"], [], 0)


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_comes_after_a_new_request_does_not_undo_it(public, moody):
    old = publications.publish_dataset(public, catalog=moody, by=ALICE)
    publications.unpublish(public, catalog=moody, by=ALICE)
    publications.process(old)
    assert Publication.objects.get().status == "deleted"
    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_what_a_lost_message_left_is_found_by_the_sweep(public, moody):
    publications.publish_dataset(public, catalog=moody, by=ALICE)
    with current_app.connection_for_read() as broker, closing(broker.SimpleQueue("ingest")) as queue:
        queue.clear()
        publications.sweep()
        message = queue.get(timeout=5)
        message.ack()
        assert message.headers["task"] == tasks.publish_waiting.name
        tasks.publish_waiting()
        assert told() == [("dataset.published", "created")]
        publications.sweep()
        with pytest.raises(queue.Empty):
            queue.get_nowait()


def test_an_update_goes_to_every_catalog_that_shows_it(public, catalog, city):
    other = create_catalog(city, title="Another", by=ALICE)
    for place in (catalog, other):
        publications.publish_dataset(public, catalog=place, by=ALICE)
    publications.request_updates(public, by=WORKER)
    assert told()[2:] == [("dataset.published", "updated")] * 2


def test_deleting_a_catalog_takes_everything_off_it_first(public, drawn, catalog):
    publications.publish_dataset(public, catalog=catalog, by=ALICE)
    publications.publish_visualisation(drawn, catalog=catalog, by=ALICE)
    delete_catalog(catalog, by=ALICE)
    assert [action for _type, action in told("dataset.published", "visualisation.published")] == [
        "created",
        "created",
        "removed",
        "removed",
    ]
    assert not Catalog.objects.exists()


def test_deleting_a_dataset_unpublishes_it_and_its_visualisations(public, drawn, catalog):
    publications.publish_dataset(public, catalog=catalog, by=ALICE)
    publications.publish_visualisation(drawn, catalog=catalog, by=ALICE)
    delete_dataset(public, by=ALICE)
    assert not Publication.objects.exists()
    assert [kind for kind, action in told() if action == "removed"] == ["dataset.published", "visualisation.published"]


def test_a_dataset_deleted_in_the_meantime_cannot_be_published(public, catalog):
    Dataset.objects.all().delete()
    with pytest.raises(publications.NotPublishable):
        publications.publish_dataset(public, catalog=catalog, by=ALICE)


def test_a_publication_is_of_exactly_one_thing_and_once_a_catalog(public, drawn, catalog):
    now = timezone.now()
    for wrong in ({}, {"dataset": public, "visualisation": drawn}):
        with pytest.raises(IntegrityError, match="publication_of_one_thing"), transaction.atomic():
            Publication.objects.create(catalog=catalog, requested_at=now, **wrong)
    Publication.objects.create(catalog=catalog, requested_at=now, dataset=public)
    with pytest.raises(IntegrityError), transaction.atomic():
        Publication.objects.create(catalog=catalog, requested_at=now, dataset=public)


def test_two_catalogs_of_one_title_have_two_addresses(city):
    slugs = [create_catalog(city, title="Données ouvertes", by=ALICE).slug for _ in range(3)]
    assert slugs == ["donnees-ouvertes", "donnees-ouvertes-2", "donnees-ouvertes-3"]
    assert create_catalog(city, title="!!!", by=ALICE).slug == "catalog"

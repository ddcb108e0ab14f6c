"""What the audit says of datasets: what was stored before, and nothing when nothing changed."""

import pytest
from django.db import transaction

from accounts.models import AuditEntry
from datasets import signals
from datasets.models import Catalog, Dataset, Visualisation
from datasets.services import publications
from datasets.services.catalogs import change_catalog, create_catalog, delete_catalog
from datasets.services.datasets import change_dataset, delete_dataset, share_dataset
from datasets.services.visualisations import (
    VisualisationChanges,
    change_visualisation,
    delete_visualisation,
    share_visualisation,
)
from tests.datasets.conftest import ALICE


@pytest.fixture
def catalog(account) -> Catalog:
    return create_catalog(account, title="Open data", by=ALICE)


def newest() -> AuditEntry:
    return AuditEntry.objects.latest("id")


def test_before_is_what_was_stored_and_not_what_the_caller_has_read(dataset, drawn, catalog):
    stale, stale_chart = Dataset.objects.get(pk=dataset.pk), Visualisation.objects.get(pk=drawn.pk)
    stale_catalog = Catalog.objects.get(pk=catalog.pk)
    for first, second in (("Second", "Third"),):
        change_dataset(dataset, title=first, by=ALICE)
        change_dataset(stale, title=second, by=ALICE)
        assert newest().changes == {"title": [first, second]}
        change_visualisation(drawn, changes=VisualisationChanges(title=first), by=ALICE)
        change_visualisation(stale_chart, changes=VisualisationChanges(title=second), by=ALICE)
        assert newest().changes == {"title": [first, second]}
        change_catalog(catalog, title=first, by=ALICE)
        change_catalog(stale_catalog, title=second, by=ALICE)
        assert newest().changes == {"title": [first, second]}


def test_what_changes_nothing_leaves_no_entry(dataset, drawn, catalog):
    share_dataset(dataset, public=True, by=ALICE)
    publications.publish_dataset(dataset, catalog=catalog, by=ALICE)
    last = newest()

    share_dataset(dataset, public=True, by=ALICE)
    share_visualisation(drawn, public=True, by=ALICE)
    change_dataset(dataset, title="Cities", description="", by=ALICE)
    change_visualisation(drawn, changes=VisualisationChanges(title="Trees", mark="bar"), by=ALICE)
    change_catalog(catalog, title="Open data", by=ALICE)
    publications.publish_dataset(dataset, catalog=catalog, by=ALICE)
    publications.unpublish(drawn, catalog=catalog, by=ALICE)

    assert newest() == last


def test_what_is_deleted_twice_is_recorded_once(dataset, drawn, catalog):
    again, chart_again = Dataset.objects.get(pk=dataset.pk), Visualisation.objects.get(pk=drawn.pk)
    catalog_again = Catalog.objects.get(pk=catalog.pk)
    last = newest().pk

    delete_visualisation(drawn, by=ALICE)
    delete_visualisation(chart_again, by=ALICE)
    delete_dataset(dataset, by=ALICE)
    delete_dataset(again, by=ALICE)
    delete_catalog(catalog, by=ALICE)
    delete_catalog(catalog_again, by=ALICE)

    entries = AuditEntry.objects.filter(pk__gt=last).order_by("pk")
    assert list(entries.values_list("action", flat=True)) == [
        *("visualisation.deleted", "dataset.deleted", "catalog.deleted"),
    ]


@pytest.mark.parametrize("signal", [signals.dataset_published, signals.visualisation_published])
def test_a_change_that_a_receiver_refuses_leaves_no_entry(dataset, drawn, catalog, signal):
    share_dataset(dataset, public=True, by=ALICE)
    resource = dataset if signal is signals.dataset_published else drawn
    last = newest()

    def refuse(**_signal: object) -> None:
        raise RuntimeError

    signal.connect(refuse)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            publications.publish(resource, catalog=catalog, by=ALICE)
    finally:
        signal.disconnect(refuse)

    assert newest() == last

"""The migrations of data."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from datasets.models import Dataset, Publication
from datasets.services import publications
from datasets.services.catalogs import create_catalog
from tests.datasets.conftest import ALICE
from webhooks.models import Event


@pytest.mark.django_db(transaction=True)
def test_what_was_made_private_before_is_taken_off_its_catalogues_by_the_worker(account, dataset, drawn):
    catalog = create_catalog(account, title="Open data", by=ALICE)
    Dataset.objects.update(is_public=True)
    dataset.refresh_from_db()
    publications.publish_dataset(dataset, catalog=catalog, by=ALICE)
    publications.publish_visualisation(drawn, catalog=catalog, by=ALICE)
    Dataset.objects.update(is_public=False)
    MigrationExecutor(connection).migrate([("datasets", "0005_name_the_footnote")])

    MigrationExecutor(connection).migrate([("datasets", "0006_unpublish_what_is_private")])

    assert Publication.objects.get(dataset=dataset).status == "deleted"
    publications.process_waiting()
    assert [publication.resource for publication in Publication.objects.all()] == [drawn]
    last = Event.objects.order_by("sequence").last()
    assert last is not None
    assert (last.type, last.data["publication"]["action"]) == ("dataset.published", "removed")

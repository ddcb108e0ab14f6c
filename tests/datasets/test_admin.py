"""Operators read datasets, visualisations, catalogues and publications, and change none."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import admin_classes
from datasets.charts.spec import Chart
from datasets.models import Catalog, Dataset, Publication, Visualisation
from datasets.services import publications
from datasets.services.catalogs import create_catalog
from tests.datasets.conftest import ALICE
from tests.factories import UserFactory

MODELS = [Dataset, Visualisation, Catalog, Publication]


@pytest.fixture
def operator(db) -> Client:
    client = Client()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True, name="Olga", language="en"))
    return client


@pytest.fixture
def published(account, dataset, drawn) -> Catalog:
    catalog = create_catalog(account, title="Open data", by=ALICE)
    Dataset.objects.update(is_public=True)
    dataset.refresh_from_db()
    publications.publish_dataset(dataset, catalog=catalog, by=ALICE)
    publications.publish_visualisation(drawn, catalog=catalog, by=ALICE)
    return catalog


def change_list(model) -> str:
    return reverse(f"admin:datasets_{model._meta.model_name}_changelist")


def change_page(model) -> str:
    return reverse(f"admin:datasets_{model._meta.model_name}_change", args=[model.objects.first().pk])


def text_of(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Dataset, ["Cities", "Ville"]),
        (Visualisation, ["Trees", "Cities", "Ville"]),
        (Catalog, ["Open data", "Ville", "local"]),
        (Publication, ["Cities → Open data", "Trees → Open data", "Ville", "published", "Alice"]),
    ],
)
@pytest.mark.usefixtures("published")
def test_an_operator_reads_each_list_and_each_page(operator, model, words):
    listed = text_of(operator.get(change_list(model)))
    assert [word for word in words if word not in listed] == []
    assert "Ville" in text_of(operator.get(change_page(model)))


@pytest.mark.usefixtures("published")
def test_the_page_of_a_dataset_names_its_publications_and_its_error(operator, dataset):
    Dataset.objects.update(status="error", error_code="empty")
    page = text_of(operator.get(change_page(Dataset)))
    assert "The file is empty." in page
    assert "http://testserver/catalog/open-data/" in page


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.usefixtures("published")
def test_nothing_can_be_added_changed_or_deleted(operator, model):
    name, pk = model._meta.model_name, model.objects.first().pk
    statuses = [
        operator.get(reverse(f"admin:datasets_{name}_add")).status_code,
        operator.post(change_page(model), {"title": "x"}).status_code,
        operator.post(reverse(f"admin:datasets_{name}_delete", args=[pk]), {"post": "yes"}).status_code,
    ]
    assert statuses == [403, 403, 403]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.usefixtures("published")
def test_only_staff_with_the_permission_to_view_get_in(sign_in, alice, client, model):
    staff = UserFactory.create(is_staff=True, language="en")
    refused = {
        who.get(path).status_code
        for who in (client, sign_in(alice))
        for path in (change_list(model), change_page(model))
    }
    assert refused == {302}
    client.force_login(staff)
    assert [client.get(change_list(model)).status_code, client.get(change_page(model)).status_code] == [403, 403]
    staff.user_permissions.add(Permission.objects.get(codename=f"view_{model._meta.model_name}"))
    assert [client.get(change_list(model)).status_code, client.get(change_page(model)).status_code] == [200, 200]


@pytest.mark.parametrize(
    ("model", "found"),
    [
        (Dataset, {"cities": 1, "ville": 1, "ailleurs": 0, "Cities": 0}),
        (Visualisation, {"trees": 1, "ville": 1, "cities": 0}),
        (Catalog, {"open-data": 1, "ville": 1, "open": 0}),
        (Publication, {"open-data": 2, "cities": 1, "trees": 1, "ville": 2, "nowhere": 0}),
    ],
)
@pytest.mark.usefixtures("published")
def test_a_search_is_by_exact_id(operator, model, found):
    counts = {term: operator.get(change_list(model), {"q": term}).context["cl"].result_count for term in found}
    assert counts == found


@pytest.mark.usefixtures("published")
def test_a_long_table_is_not_counted_to_its_end(operator, monkeypatch):
    monkeypatch.setattr(admin_classes, "MAX_COUNT", 1)
    assert operator.get(change_list(Publication)).context["cl"].result_count == 1


@pytest.mark.parametrize("model", MODELS)
def test_a_list_costs_the_same_for_one_row_and_for_fifty(
    operator, account, visualise, model, django_assert_max_num_queries
):
    def fill(count: int) -> None:
        for _ in range(count):
            dataset = Dataset.objects.create(
                account=account,
                slug=f"cities-{Dataset.objects.count()}",
                title="Cities",
                is_public=True,
                file_name="c.csv",
                file_size=1,
                file_mimetype="text/csv",
                data_updated_at=timezone.now(),
            )
            visualisation = visualise(dataset, Chart("bar", "area"), is_public=True)
            catalog = create_catalog(account, title="Open data", by=ALICE)
            for resource in ({"dataset": dataset}, {"visualisation": visualisation}):
                Publication.objects.create(catalog=catalog, requested_at=timezone.now(), **resource)

    counts = []
    for more in (1, 49):
        fill(more)
        with django_assert_max_num_queries(20) as captured:
            text_of(operator.get(change_list(model)))
        counts.append(len(captured))
    assert counts[0] == counts[1]

"""Fixtures of charts: a dataset, its table on disk, visualisations of it."""

from collections.abc import Callable

import duckdb
import pytest
from django.utils import timezone

from accounts.principal import WORKER
from datasets.charts.spec import Chart
from datasets.models import Dataset, Visualisation
from datasets.services.visualisations import VisualisationDetails, create_visualisation

AREAS = "SELECT * FROM (VALUES ('Centre', 10.5), ('Nord', 5.0), ('Centre', 1.5)) t(area, height)"


def _type_of(kind: str) -> str:
    """Return Data Fair's type for one of DuckDB."""
    return {"VARCHAR": "string", "DATE": "string", "INTEGER": "integer", "BIGINT": "integer"}.get(kind, "number")


@pytest.fixture
def dataset(account) -> Dataset:
    """A dataset that serves rows according to the database; it has no files."""
    return Dataset.objects.create(
        account=account,
        slug="cities",
        title="Cities",
        status="finalized",
        file_name="cities.csv",
        file_size=12,
        file_mimetype="text/csv",
        version=1,
        row_count=3,
        data_updated_at=timezone.now(),
    )


@pytest.fixture
def serve() -> Callable[..., Dataset]:
    """A function that makes a dataset serve what an SQL query selects, as its next version."""

    def serve(dataset: Dataset, query: str) -> Dataset:
        dataset.refresh_from_db()
        dataset.revision = dataset.version = dataset.version + 1
        dataset.table_path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as db:
            db.execute(f"COPY ({query}) TO '{dataset.table_path}' (FORMAT parquet)")
            columns = db.execute(f"DESCRIBE {query}").fetchall()
        dataset.schema = [
            {"key": k, "title": k, "type": _type_of(kind), "x-originalName": k} for k, kind, *_ in columns
        ]
        dataset.row_count, dataset.status = 3, "finalized"
        dataset.save()
        return dataset

    return serve


@pytest.fixture
def visualise() -> Callable[..., Visualisation]:
    """A function that creates a visualisation of a dataset."""

    def visualise(dataset: Dataset, chart: Chart, *, title: str = "Trees", is_public: bool = False) -> Visualisation:
        details = VisualisationDetails(title=title, is_public=is_public)
        return create_visualisation(dataset.account, details=details, dataset=dataset, chart=chart, by=WORKER)

    return visualise


@pytest.fixture
def drawn(dataset, serve, visualise) -> Visualisation:
    """A public visualisation that is drawn: the number of trees of each area, as bars."""
    return visualise(serve(dataset, AREAS), Chart("bar", "area"), is_public=True)

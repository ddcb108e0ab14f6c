"""Whatever rows a program writes as CSV, in whatever way, come back equal over the API."""

import csv
import io
from decimal import Decimal

from django.core.files.base import ContentFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets.files.ingest import ingest
from datasets.models import Dataset
from datasets.rows.filters import build_query
from datasets.rows.reader import as_csv, page
from datasets.services.datasets import create_dataset
from tests.datasets.conftest import ALICE

TEXT = st.text(
    st.characters(codec="latin-1", exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\"';,|\t"), max_size=12
)
NAME = st.from_regex(r"[a-zé][a-zé ]{0,8}[a-zé]", fullmatch=True)
NUMBER = st.integers(-(10**15) + 1, 10**15 - 1).map(str) | st.decimals(-1000, 1000, places=2).map(str)
CELL = TEXT | NUMBER | st.dates().map(str) | st.booleans().map(str) | st.just("")


@st.composite
def tables(draw):
    """Draw names and rows of cells; no row is blank, which CSV cannot tell from no row."""
    width = draw(st.integers(2, 5))
    names = draw(st.lists(NAME, min_size=width, max_size=width, unique_by=lambda name: " ".join(name.split())))
    kinds = draw(st.lists(st.sampled_from([TEXT, NUMBER, CELL]), min_size=width, max_size=width))
    return names, draw(st.lists(st.tuples(*kinds).filter(any), min_size=1, max_size=12))


def written(names, rows, *, delimiter, quoting, end, encoding) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow(names)
    writer.writerows(rows)
    return buffer.getvalue().encode(encoding)


def same(cell: str, shown: object, column: dict) -> bool:
    """Return whether a value in JSON is what was written to the file."""
    if shown is None:
        return cell == ""
    if isinstance(shown, bool):
        return cell.lower() == str(shown).lower()
    if isinstance(shown, int | float):
        return float(Decimal(cell.replace(",", "."))) == shown
    assert isinstance(shown, str)
    return cell == shown or (column.get("format") == "date" and shown.split("-")[0] in cell)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16"]),
)
def test_rows_come_back_as_they_were_written(account, table, delimiter, quoting, end, encoding):
    names, rows = table
    data = written(names, rows, delimiter=delimiter, quoting=quoting, end=end, encoding=encoding)
    dataset = create_dataset(account=account, upload=ContentFile(data, name="any.csv"), by=ALICE)

    assert ingest(dataset.pk) == "finalized", Dataset.objects.get(pk=dataset.pk).error_text

    dataset.refresh_from_db()
    assert [column["x-originalName"] for column in dataset.columns] == [" ".join(name.split()) for name in names]
    shown = page(dataset, build_query(dataset.columns, {}), size=100).rows
    assert len(shown) == len(rows)
    for row, back in zip(rows, shown, strict=True):
        for cell, column in zip(row, dataset.columns, strict=True):
            assert same(cell, back[column["key"]], column), (cell, back)

    whole = "".join(as_csv(dataset, build_query(dataset.columns, {}), exact=True))
    again = list(csv.reader(io.StringIO(whole, newline="")))
    assert len(again) == len(rows) + 1

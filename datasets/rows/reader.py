"""Read the rows of a dataset for pages, for JSON and for CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from datasets import engine
from datasets.models import Dataset
from datasets.rows.filters import ROW, RowQuery, build_query
from datasets.types import Json

PREVIEW_ROWS = 20
BATCH_ROWS = 2_000
BOM = "\ufeff"
"""First character of CSV, as in Data Fair, for Excel to read it as UTF-8."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as a page shows it."""

    key: str
    title: str
    type: str
    format: str = ""

    @property
    def is_number(self) -> bool:
        """Whether its values are aligned to the right."""
        return self.type in {"integer", "number"}


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows, each a list of values (str, int, float, bool, or None: empty) in the order of `columns`."""

    columns: list[Column]
    rows: list[list[Any]]


def preview(dataset: Dataset, *, limit: int = PREVIEW_ROWS) -> Preview:
    """Return the columns and the first rows of the data served; no rows if there is none yet."""
    columns = [
        Column(column["key"], column["title"] or column["key"], column["type"], column.get("format", ""))
        for column in dataset.columns
    ]
    if not dataset.has_data:
        return Preview(columns, [])
    rows = lines(dataset, build_query(dataset.columns, {}), size=limit)
    return Preview(columns, [[row[column.key] for column in columns] for row in rows])


def lines(dataset: Dataset, query: RowQuery, *, size: int, skip: int = 0) -> list[Json]:
    """Return `size` rows after the first `skip`, each `{"_i": number in the file from 1, key: value or None…}`."""
    select = ", ".join([f"{ROW} + 1 AS _i", *(_json_sql(column) for column in query.columns)])
    names = ["_i", *(column["key"] for column in query.columns)]
    with engine.shared_cursor() as db:
        sql = f"{_from(query, select)} LIMIT {int(size)} OFFSET {int(skip)}"
        found = db.execute(sql, [str(dataset.table_path), *query.values]).fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]


def count(dataset: Dataset, query: RowQuery) -> int:
    """Return the number of rows that `query` selects."""
    if not query.is_filtered:
        return dataset.row_count or 0
    sql = f"SELECT count(*) FROM read_parquet(?) WHERE {query.where}"
    with engine.shared_cursor() as db:
        found = db.execute(sql, [str(dataset.table_path), *query.values]).fetchone()
    return int(found[0]) if found else 0


def as_csv(dataset: Dataset, query: RowQuery, *, size: int | None = None, skip: int = 0) -> Iterator[str]:
    """Yield the rows as CSV in chunks: with a BOM, commas and CRLF (RFC 4180), columns named as in the file."""
    limits = f" OFFSET {int(skip)}" + (f" LIMIT {int(size)}" if size is not None else "")
    select = ", ".join(_text_sql(column) for column in query.columns)
    header = [column["x-originalName"] for column in query.columns]
    with engine.shared_cursor() as db:
        found = db.execute(_from(query, select) + limits, [str(dataset.table_path), *query.values])
        yield BOM + _csv([header])
        while rows := found.fetchmany(BATCH_ROWS):
            yield _csv(rows)


def _from(query: RowQuery, select: str) -> str:
    where = f" WHERE {query.where}" if query.where else ""
    order = f" ORDER BY {query.order}" if query.order else ""
    return f"SELECT {select} FROM read_parquet(?, file_row_number = true){where}{order}"


def _json_sql(column: Json) -> str:
    """Return the SQL of a column's values for JSON: dates as texts (RFC 3339)."""
    sql = engine.quote_identifier(column["key"])
    if column.get("format") == "date":
        return f"{sql}::VARCHAR"
    if column.get("format") == "date-time":
        zone = "Z" if column.get("timeZone") else ""
        return f"replace({sql}::VARCHAR, ' ', 'T') || '{zone}'"
    return sql


def _text_sql(column: Json) -> str:
    """Return the SQL of a column's values for CSV: whole numbers without decimals."""
    sql = _json_sql(column)
    if column["type"] == "number":
        whole = f"{sql} = trunc({sql}) AND abs({sql}) < 1e15"
        return f"CASE WHEN {whole} THEN {sql}::BIGINT::VARCHAR ELSE {sql}::VARCHAR END"
    return f"{sql}::VARCHAR"


def _csv(rows: list[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()

"""Read the rows of a dataset for pages, for JSON and for CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from accounts.spreadsheets import APOSTROPHES, as_text
from datasets import engine
from datasets.models import Dataset
from datasets.rows import questions
from datasets.rows.filters import ROW, RowQuery, build_query
from datasets.types import Json

PREVIEW_ROWS = 20
BATCH_ROWS = 2_000
BOM = "\ufeff"
"""First character of CSV, as in Data Fair, for Excel to read it as UTF-8."""

TABLE = "read_parquet(?, file_row_number = true)"
FOUND_ROW, FOUND_TOTAL = '"found.row"', '"found.total"'
"""Names that no column has: keys contain no dot."""


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


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, each `{"_i": number in the file from 1, key: value or None…}`, and how many there are in all."""

    total: int
    rows: list[Json]


def preview(dataset: Dataset, *, limit: int = PREVIEW_ROWS) -> Preview:
    """Return the columns and the first rows of the data served; no rows if there is none yet."""
    columns = [
        Column(column["key"], column["title"] or column["key"], column["type"], column.get("format", ""))
        for column in dataset.columns
    ]
    if not dataset.has_data:
        return Preview(columns, [])
    query = build_query(dataset.columns, {})
    with engine.shared_cursor(small=True) as db, questions.limited(db, places=questions.PREVIEWS):
        rows = _unfiltered(db, dataset, query, size=limit, skip=0)
    return Preview(columns, [list(row[1:]) for row in rows])


def page(dataset: Dataset, query: RowQuery, *, size: int, skip: int = 0) -> Page:
    """Return `size` of the rows that `query` selects after the first `skip`; raise `questions.Unanswered`."""
    names = ["_i", *(column["key"] for column in query.columns)]
    with engine.shared_cursor() as db, questions.limited(db):
        if query.is_filtered:
            total, rows = _filtered(db, dataset, query, size=size, skip=skip)
        else:
            total, rows = dataset.row_count or 0, _unfiltered(db, dataset, query, size=size, skip=skip)
    return Page(total, [dict(zip(names, row, strict=True)) for row in rows])


def as_csv(
    dataset: Dataset, query: RowQuery, *, exact: bool = False, size: int | None = None, skip: int = 0
) -> Iterator[str]:
    """Yield the rows as CSV in chunks: with a BOM, commas and CRLF (RFC 4180), columns named as in the file.

    Unless it is to be `exact`, apostrophes keep spreadsheets from taking text for formulas (`accounts.spreadsheets`).
    Time is limited for each batch, and a place taken only while one is read: a download lasts as long as its client
    takes. Raise `questions.Unanswered`, mostly before the first chunk.
    """
    limits = f" OFFSET {int(skip)}" + (f" LIMIT {int(size)}" if size is not None else "")
    select = ", ".join(_text_sql(column, exact=exact) for column in query.columns)
    header = [column["x-originalName"] for column in query.columns]
    if not exact:
        header = [as_text(name) for name in header]
    with engine.shared_cursor() as db:
        with questions.limited(db):
            found = db.execute(_from(query, select) + limits, [str(dataset.table_path), *query.values])
            rows = found.fetchmany(BATCH_ROWS)
        yield BOM + _csv([header])
        while rows:
            yield _csv(rows)
            with questions.limited(db, places=questions.DOWNLOADS, wait_s=questions.DOWNLOAD_WAIT_S):
                rows = found.fetchmany(BATCH_ROWS)


def _unfiltered(
    db: duckdb.DuckDBPyConnection, dataset: Dataset, query: RowQuery, *, size: int, skip: int
) -> list[tuple[Any, ...]]:
    """Return the values of `size` rows: the number in the file, then the columns."""
    sql = f"{_from(query, _json_select(query))} LIMIT {int(size)} OFFSET {int(skip)}"
    return db.execute(sql, [str(dataset.table_path), *query.values]).fetchall()


def _filtered(
    db: duckdb.DuckDBPyConnection, dataset: Dataset, query: RowQuery, *, size: int, skip: int
) -> tuple[int, list[tuple[Any, ...]]]:
    """Return how many rows match, and the values of `size` of them, in one search.

    The search keeps the numbers of the rows only; the columns are then read of those that are shown.
    """
    path, order = str(dataset.table_path), query.order or ROW
    search = (
        f"SELECT {ROW} AS {FOUND_ROW}, count(*) OVER () AS {FOUND_TOTAL} FROM {TABLE} WHERE {query.where}"
        f" ORDER BY {order} LIMIT {int(size)} OFFSET {int(skip)}"
    )
    shown = f"SELECT {_json_select(query)}, {FOUND_TOTAL} FROM {TABLE} JOIN ({search}) ON {ROW} = {FOUND_ROW}"
    rows = db.execute(f"{shown} ORDER BY {order}", [path, path, *query.values]).fetchall()
    if rows:
        return int(rows[0][-1]), [row[:-1] for row in rows]
    if size and not skip:
        return 0, []
    counted = db.execute(f"SELECT count(*) FROM {TABLE} WHERE {query.where}", [path, *query.values]).fetchone()
    return (int(counted[0]) if counted else 0), []


def _json_select(query: RowQuery) -> str:
    return ", ".join([f"{ROW} + 1 AS _i", *(_json_sql(column) for column in query.columns)])


def _from(query: RowQuery, select: str) -> str:
    where = f" WHERE {query.where}" if query.where else ""
    order = f" ORDER BY {query.order}" if query.order else ""
    return f"SELECT {select} FROM {TABLE}{where}{order}"


def _json_sql(column: Json) -> str:
    """Return the SQL of a column's values for JSON: dates as texts (RFC 3339)."""
    sql = engine.quote_identifier(column["key"])
    if column.get("format") == "date":
        return f"{sql}::VARCHAR"
    if column.get("format") == "date-time":
        zone = "Z" if column.get("timeZone") else ""
        return f"replace({sql}::VARCHAR, ' ', 'T') || '{zone}'"
    return sql


def _text_sql(column: Json, *, exact: bool) -> str:
    """Return the SQL of a column's values for CSV: whole numbers without decimals; text as none but a text."""
    sql = _json_sql(column)
    if column["type"] == "number":
        whole = f"{sql} = trunc({sql}) AND abs({sql}) < 1e15"
        return f"CASE WHEN {whole} THEN {sql}::BIGINT::VARCHAR ELSE {sql}::VARCHAR END"
    sql = f"{sql}::VARCHAR"
    if column["type"] == "string" and "format" not in column and not exact:
        for pattern, replacement in APOSTROPHES:
            sql = f"regexp_replace({sql}, {engine.quote_literal(pattern)}, {engine.quote_literal(replacement)}, 'g')"
    return sql


def _csv(rows: list[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()

"""The rows of a dataset, as they are shown, sent as JSON, and written as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from datasets import engine
from datasets.models import Dataset
from datasets.rows.filters import ROW, JsonColumn, Question, ask

PREVIEW_ROWS = 20
BATCH_ROWS = 2_000
BOM = "\ufeff"
"""Data Fair starts its CSV so, for Excel to see that it is UTF-8."""

Row = dict[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True)
class Column:
    """A column as a page shows it."""

    key: str
    title: str
    type: str
    format: str = ""

    @property
    def is_number(self) -> bool:
        """Tell whether its values are aligned on their right."""
        return self.type in {"integer", "number"}


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows: a list of values (None: empty) for each, in the order of `columns`."""

    columns: list[Column]
    rows: list[list[Any]]  # Any: str, int, float, bool or None


def preview(dataset: Dataset, *, limit: int = PREVIEW_ROWS) -> Preview:
    """Give the columns and first rows of the data served; nothing of a dataset that serves none yet."""
    columns = [
        Column(column["key"], column["title"] or column["key"], column["type"], column.get("format", ""))
        for column in dataset.columns
    ]
    if not dataset.has_data:
        return Preview(columns, [])
    rows = lines(dataset, ask(dataset.columns, {}), size=limit)
    return Preview(columns, [[row[column.key] for column in columns] for row in rows])


def lines(dataset: Dataset, question: Question, *, size: int, skip: int = 0) -> list[Row]:
    """Give `size` rows after the first `skip`, each `{"_i": number in the file from 1, key: value or None…}`."""
    select = ", ".join([f"{ROW} + 1 AS _i", *(_json_sql(column) for column in question.columns)])
    names = ["_i", *(column["key"] for column in question.columns)]
    with engine.reader() as db:
        sql = f"{_from(question, select)} LIMIT {int(size)} OFFSET {int(skip)}"
        found = db.execute(sql, [str(dataset.table_path), *question.values]).fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]


def count(dataset: Dataset, question: Question) -> int:
    """Give the number of rows that answer, however many are shown."""
    if not question.is_filtered:
        return dataset.row_count or 0
    sql = f"SELECT count(*) FROM read_parquet(?) WHERE {question.where}"
    with engine.reader() as db:
        found = db.execute(sql, [str(dataset.table_path), *question.values]).fetchone()
    return int(found[0]) if found else 0


def as_csv(dataset: Dataset, question: Question, *, size: int | None = None, skip: int = 0) -> Iterator[str]:
    """Give the rows as CSV (UTF-8 with a mark, commas, CRLF as RFC 4180), a piece at a time; names as in the file."""
    limits = f" OFFSET {int(skip)}" + (f" LIMIT {int(size)}" if size is not None else "")
    select = ", ".join(_text_sql(column) for column in question.columns)
    header = [column["x-originalName"] for column in question.columns]
    with engine.reader() as db:
        found = db.execute(_from(question, select) + limits, [str(dataset.table_path), *question.values])
        yield BOM + _csv([header])
        while rows := found.fetchmany(BATCH_ROWS):
            yield _csv(rows)


def _from(question: Question, select: str) -> str:
    where = f" WHERE {question.where}" if question.where else ""
    order = f" ORDER BY {question.order}" if question.order else ""
    return f"SELECT {select} FROM read_parquet(?, file_row_number = true){where}{order}"


def _json_sql(column: JsonColumn) -> str:
    """Give what JSON shows of a column: dates as texts (RFC 3339)."""
    sql = engine.identifier(column["key"])
    if column.get("format") == "date":
        return f"{sql}::VARCHAR"
    if column.get("format") == "date-time":
        zone = "Z" if column.get("timeZone") else ""
        return f"replace({sql}::VARCHAR, ' ', 'T') || '{zone}'"
    return sql


def _text_sql(column: JsonColumn) -> str:
    """Give what CSV shows of a column; a whole number has no decimals."""
    sql = _json_sql(column)
    if column["type"] == "number":
        whole = f"{sql} = trunc({sql}) AND abs({sql}) < 1e15"
        return f"CASE WHEN {whole} THEN {sql}::BIGINT::VARCHAR ELSE {sql}::VARCHAR END"
    return f"{sql}::VARCHAR"


def _csv(rows: list[Any]) -> str:  # Any: tuples of texts and None
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()

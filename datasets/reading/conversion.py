"""Write a CSV file as Parquet with typed columns, in memory that does not grow with the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from datasets import engine
from datasets.errors import Unreadable
from datasets.reading import dialect as dialects
from datasets.reading import encoding as encodings
from datasets.reading import inference
from datasets.reading.dialect import Dialect
from datasets.reading.encoding import Encoding
from datasets.reading.faults import MAX_LINE_BYTES, explain
from datasets.reading.inference import Kind
from datasets.reading.names import column_keys

MAX_COLUMNS = 1000
WIDE = 100
"""Columns from which a table is written with more memory and fewer threads."""

ROW_GROUP_VALUES = 1_000_000
"""Values buffered for a row group, whatever the number of columns: they are what writing Parquet keeps in memory."""

Columns = list[dict[str, Any]]  # Any: JSON


@dataclass(frozen=True, slots=True)
class Table:
    """What a file held: `schema` (Data Fair's), the number of rows, the name of its encoding."""

    schema: Columns
    row_count: int
    encoding: str


@dataclass(frozen=True, slots=True)
class Source:
    """A file in UTF-8 and how to read it."""

    path: Path
    dialect: Dialect

    @property
    def width(self) -> int:
        return len(self.dialect.first)

    @property
    def sql(self) -> str:
        """Give the table function that reads the file as texts, in columns c0, c1…"""
        columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(self.width))
        options = {
            "delim": engine.literal(self.dialect.delimiter),
            "quote": engine.literal(self.dialect.quote),
            "escape": engine.literal(self.dialect.escape),
            "header": str(self.dialect.has_header),
            "skip": str(self.dialect.skip),
            "columns": f"{{{columns}}}",
            "auto_detect": "false",
            "allow_quoted_nulls": "false",
            "max_line_size": str(MAX_LINE_BYTES),
        }
        read = f"read_csv({engine.literal(str(self.path))}, {', '.join(f'{k} = {v}' for k, v in options.items())})"
        # In a single column, an empty line is no row; DuckDB itself leaves it out of wider files.
        return read if self.width > 1 else f"(FROM {read} WHERE c0 IS NOT NULL)"


def convert(original: Path, target: Path, *, on_analyzed: Callable[[], None] = lambda: None) -> Table:
    """Read the CSV file `original` and write `target`, both in one folder, where temporary files may stand as well.

    `on_analyzed` is called once the columns and their types are known. Raise `Unreadable` when the file is at fault.
    """
    encoding = encodings.detect(original)
    try:
        return _convert(original, target, encoding=encoding, unify_newlines=False, on_analyzed=on_analyzed)
    except Unreadable:
        # Lines that end in two ways stop DuckDB, where line breaks within quotes, which look the same, do not.
        if not encoding.mixed_newlines:
            raise
    return _convert(original, target, encoding=encoding, unify_newlines=True, on_analyzed=on_analyzed)


def _convert(
    original: Path, target: Path, *, encoding: Encoding, unify_newlines: bool, on_analyzed: Callable[[], None]
) -> Table:
    copy = target.with_suffix(".txt")
    try:
        path = original
        if unify_newlines or encoding.codec != "utf-8-sig":
            encodings.transcode(original, copy, encoding=encoding, unify_newlines=unify_newlines)
            path = copy
        source = _source(path)
        with engine.workbench(original.parent, wide=source.width > WIDE) as db:
            schema, row_count = _write(db, source, target, on_analyzed=on_analyzed)
    except duckdb.Error as error:
        explained = explain(error)
        if explained is None:
            raise
        raise explained from error
    finally:
        copy.unlink(missing_ok=True)
    return Table(schema, row_count, encoding.name)


def _source(path: Path) -> Source:
    """Find out how the file is written and whether its columns can be told apart."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        sample = file.read(dialects.SAMPLE_CHARS + 1)
    dialect = dialects.detect(sample, whole=len(sample) <= dialects.SAMPLE_CHARS)
    if dialect is None:
        raise Unreadable("not_csv")
    names = dialect.names
    if len(names) > MAX_COLUMNS:
        raise Unreadable("too_wide", found=len(names), maximum=MAX_COLUMNS)
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise Unreadable("duplicate_column", column=twice[:100])
    return Source(path, dialect)


def _write(
    db: duckdb.DuckDBPyConnection, source: Source, target: Path, *, on_analyzed: Callable[[], None]
) -> tuple[Columns, int]:
    """Read the file twice: to find the types that all of it obeys, then to write it with them."""
    kinds, row_count = _infer(db, source)
    if row_count == 0:
        raise Unreadable("no_rows")
    on_analyzed()
    names = source.dialect.names
    schema = [
        inference.column_schema(key=key, name=name, kind=kind)
        for key, name, kind in zip(column_keys(names), names, kinds, strict=True)
    ]
    casts = ", ".join(
        f"{kind.cast.format(_value(n))} AS {engine.identifier(column['key'])}"
        for n, (kind, column) in enumerate(zip(kinds, schema, strict=True))
    )
    rows = max(2048, ROW_GROUP_VALUES // source.width)
    db.execute(
        f"COPY (SELECT {casts} FROM {source.sql}) TO {engine.literal(str(target))}"
        f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {rows})"
    )
    return schema, row_count


def _value(column: int) -> str:
    """Give the text of a column, NULL if empty; a cast of a bare column is done by DuckDB's parser, which fails."""
    return f"nullif(c{column}, '')"


def _infer(db: duckdb.DuckDBPyConnection, source: Source) -> tuple[list[Kind], int]:
    """Guess each column's types by a sample, then give the first that every row obeys, and the number of rows."""
    limit = max(1, inference.SAMPLE_VALUES // source.width)
    sample = db.execute(f"SELECT * FROM {source.sql} LIMIT {limit}").fetchall()
    guesses = [
        inference.candidates([value for value in column if value], delimiter=source.dialect.delimiter)
        for column in (zip(*sample, strict=True) if sample else [()] * source.width)
    ]
    checks = [kind.check(_value(n)) for n, kinds in enumerate(guesses) for kind in kinds]
    row = db.execute(f"SELECT {', '.join(['count(*)', *checks])} FROM {source.sql}").fetchone()
    count, *verdicts = row or (0,)
    answers = iter(verdicts)
    return [inference.settle(kinds, [next(answers) for _kind in kinds]) for kinds in guesses], count

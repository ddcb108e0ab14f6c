"""Convert a CSV file to Parquet with typed columns, in memory that does not grow with the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from datasets import engine
from datasets.errors import UnreadableFile
from datasets.reading import dialect as dialects
from datasets.reading import encoding as encodings
from datasets.reading import inference
from datasets.reading.dialect import Dialect
from datasets.reading.duckdb_errors import MAX_LINE_BYTES, as_unreadable_file
from datasets.reading.encoding import Encoding
from datasets.reading.inference import Kind
from datasets.reading.names import column_keys
from datasets.types import Json

MAX_COLUMNS = 1000
WIDE_COLUMNS = 100
"""Number of columns above which a table is written with more memory and fewer threads."""

ROW_GROUP_VALUES = 1_000_000
"""Values in a row group, whatever the number of columns: writing Parquet keeps a row group in memory."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a file contained: `schema` (Data Fair's), the number of rows, the name of its encoding."""

    schema: list[Json]
    row_count: int
    encoding: str


@dataclass(frozen=True, slots=True)
class Source:
    """A file in UTF-8 and its dialect."""

    path: Path
    dialect: Dialect

    @property
    def width(self) -> int:
        return len(self.dialect.first)

    @property
    def sql(self) -> str:
        """The table function that reads the file as texts, in columns c0, c1…"""
        columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(self.width))
        options = {
            "delim": engine.quote_literal(self.dialect.delimiter),
            "quote": engine.quote_literal(self.dialect.quote),
            "escape": engine.quote_literal(self.dialect.escape),
            "header": str(self.dialect.has_header),
            "skip": str(self.dialect.skip),
            "columns": f"{{{columns}}}",
            "auto_detect": "false",
            "allow_quoted_nulls": "false",
            "max_line_size": str(MAX_LINE_BYTES),
        }
        read = (
            f"read_csv({engine.quote_literal(str(self.path))}, {', '.join(f'{k} = {v}' for k, v in options.items())})"
        )
        # DuckDB skips empty lines, but for a file of one column, where it reads them as NULL.
        return read if self.width > 1 else f"(FROM {read} WHERE c0 IS NOT NULL)"


def convert(original: Path, target: Path, *, on_analyzed: Callable[[], None] = lambda: None) -> Table:
    """Read the CSV file `original` and write `target`, in the same folder, where temporary files are written too.

    `on_analyzed` is called once the columns and their types are known. Raise `UnreadableFile` when it cannot be read.
    """
    encoding = encodings.detect(original)
    try:
        return _convert(original, target, encoding=encoding, unify_newlines=False, on_analyzed=on_analyzed)
    except UnreadableFile:
        # DuckDB stops at mixed line endings. They are unified only then: within quotes they are harmless, and common.
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
        with engine.private_database(original.parent, wide=source.width > WIDE_COLUMNS) as db:
            schema, row_count = _write(db, source, target, on_analyzed=on_analyzed)
    except duckdb.Error as error:
        explained = as_unreadable_file(error)
        if explained is None:
            raise
        raise explained from error
    finally:
        copy.unlink(missing_ok=True)
    return Table(schema, row_count, encoding.name)


def _source(path: Path) -> Source:
    """Detect the dialect; raise `UnreadableFile` when the columns are too many or have the same name."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        sample = file.read(dialects.SAMPLE_CHARS + 1)
    dialect = dialects.detect(sample, whole=len(sample) <= dialects.SAMPLE_CHARS)
    if dialect is None:
        raise UnreadableFile("not_csv")
    names = dialect.names
    if len(names) > MAX_COLUMNS:
        raise UnreadableFile("too_wide", found=len(names), maximum=MAX_COLUMNS)
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise UnreadableFile("duplicate_column", column=twice[:100])
    return Source(path, dialect)


def _write(
    db: duckdb.DuckDBPyConnection, source: Source, target: Path, *, on_analyzed: Callable[[], None]
) -> tuple[list[Json], int]:
    """Read the file twice: first to find types that fit all its values, then to write it with them."""
    kinds, row_count = _infer(db, source)
    if row_count == 0:
        raise UnreadableFile("no_rows")
    on_analyzed()
    names = source.dialect.names
    schema = [
        inference.column_schema(key=key, name=name, kind=kind)
        for key, name, kind in zip(column_keys(names), names, kinds, strict=True)
    ]
    casts = ", ".join(
        f"{kind.cast.format(_value(n))} AS {engine.quote_identifier(column['key'])}"
        for n, (kind, column) in enumerate(zip(kinds, schema, strict=True))
    )
    rows = max(2048, ROW_GROUP_VALUES // source.width)
    db.execute(
        f"COPY (SELECT {casts} FROM {source.sql}) TO {engine.quote_literal(str(target))}"
        f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {rows})"
    )
    return schema, row_count


def _value(column: int) -> str:
    """Return the SQL of a column's text, NULL if empty.

    DuckDB pushes the cast of a bare column into its CSV parser, which fails where TRY_CAST would yield NULL.
    """
    return f"nullif(c{column}, '')"


def _infer(db: duckdb.DuckDBPyConnection, source: Source) -> tuple[list[Kind], int]:
    """Return the first type of each column, of those that fit a sample, that fits every row, and the number of rows."""
    limit = max(1, inference.SAMPLE_VALUES // source.width)
    sample = db.execute(f"SELECT * FROM {source.sql} LIMIT {limit}").fetchall()
    guesses = [
        inference.candidates([value for value in column if value], delimiter=source.dialect.delimiter)
        for column in (zip(*sample, strict=True) if sample else [()] * source.width)
    ]
    checks = [kind.check(_value(n)) for n, kinds in enumerate(guesses) for kind in kinds]
    row = db.execute(f"SELECT {', '.join(['count(*)', *checks])} FROM {source.sql}").fetchone()
    count, *matches = row or (0,)
    results = iter(matches)
    return [inference.first_match(kinds, [next(results) for _kind in kinds]) for kinds in guesses], count

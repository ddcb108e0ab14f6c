"""The dialect of a CSV file: its delimiter, its quotes, whether its first line names the columns."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from itertools import islice, product

DELIMITERS = (",", ";", "\t", "|")
NO_DELIMITER = "\x1f"
"""For a file of a single column: a character that no text contains (ASCII "unit separator")."""

SAMPLE_CHARS = 1 << 18
SAMPLE_ROWS = 200

SINGLE_QUOTED = re.compile(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)", re.MULTILINE)
DOUBLE_QUOTED = re.compile(r'(?:^|[,;\t|])"', re.MULTILINE)
VALUE = re.compile(r"[-+]?[\d .,]*\d%?|\d{4}-\d{2}-\d{2}.*|\d{1,2}/\d{1,2}/\d{2,4}")
"""A number or a date. A first line of nothing else is a row, not the names of the columns."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to read the file. `first` holds the values of its first line, which follows `skip` blank lines."""

    delimiter: str
    quote: str
    escape: str
    skip: int
    first: tuple[str, ...]
    has_header: bool

    @property
    def names(self) -> list[str]:
        """The names of the columns, spaces trimmed; a column without a name is `column_<number>`."""
        named = self.first if self.has_header else ("",) * len(self.first)
        return [" ".join(name.split()) or f"column_{number}" for number, name in enumerate(named, start=1)]


def detect(sample: str, *, whole: bool) -> Dialect | None:
    """Return the dialect in which most lines of `sample` have as many values as the first, or None when none fits.

    `whole` says that the sample is all of the file: if not, its last line may be cut and is ignored.
    """
    body = sample.lstrip("\r\n")
    skip = len(sample[: len(sample) - len(body)].splitlines())
    best: tuple[float, int] = (0.0, 0)
    found = None
    for quote, escape, delimiter in product(_quotes(body), _escapes(body), DELIMITERS):
        rows, share = _rows(body, delimiter=delimiter, quote=quote, escape=escape, whole=whole)
        if rows and len(rows[0]) > 1 and (share, len(rows[0])) > best:
            best = (share, len(rows[0]))
            found = _dialect(rows, delimiter=delimiter, quote=quote, escape=escape, skip=skip)
    return found or _single_column(body, skip=skip, whole=whole)


def _quotes(body: str) -> tuple[str, ...]:
    """Return the quotes to try: single quotes only if they enclose whole values and double quotes do not."""
    return ("'", '"') if SINGLE_QUOTED.search(body) and not DOUBLE_QUOTED.search(body) else ('"',)


def _escapes(body: str) -> tuple[str, ...]:
    """Return the escape characters to try for a quote within quotes; an empty one means that it is doubled."""
    return ("", "\\") if '\\"' in body or "\\'" in body else ("",)


def _single_column(body: str, *, skip: int, whole: bool) -> Dialect | None:
    """Return the dialect of a file whose first line has no delimiter."""
    for quote, escape in product(_quotes(body), _escapes(body)):
        rows, _share = _rows(body, delimiter=NO_DELIMITER, quote=quote, escape=escape, whole=whole)
        if rows:
            return _dialect(rows, delimiter=NO_DELIMITER, quote=quote, escape=escape, skip=skip)
    return None


def _dialect(rows: list[list[str]], *, delimiter: str, quote: str, escape: str, skip: int) -> Dialect:
    first = tuple(rows[0])
    is_row = len(rows) > 1 and all(VALUE.fullmatch(value.strip()) for value in first)
    return Dialect(delimiter, quote, escape or quote, skip=skip, first=first, has_header=not is_row)


def _rows(body: str, *, delimiter: str, quote: str, escape: str, whole: bool) -> tuple[list[list[str]], float]:
    """Return the first lines that can be read, and the share of them with as many values as the first."""
    reader = csv.reader(
        io.StringIO(body, newline=""),
        delimiter=delimiter,
        quotechar=quote,
        doublequote=not escape,
        escapechar=escape or None,
        strict=True,
    )
    rows: list[list[str]] = []
    errors = 0
    try:
        rows.extend(islice((row for row in reader if row), SAMPLE_ROWS))
        if not whole and 1 < len(rows) < SAMPLE_ROWS:
            rows.pop()
    except csv.Error:
        errors = 1
    width = len(rows[0]) if rows else 0
    return rows, sum(len(row) == width for row in rows) / (len(rows) + errors or 1)

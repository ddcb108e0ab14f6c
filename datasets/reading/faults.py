"""What an error of DuckDB says about the file, in our words."""

from __future__ import annotations

import re

import duckdb

from datasets.errors import Unreadable

MAX_LINE_BYTES = 2_000_000

LINE = re.compile(r"CSV Error on Line: (\d+)")
WIDTH = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
NOT_RFC_4180 = "state machine reached an invalid state"


def explain(error: duckdb.Error) -> Unreadable | None:
    """Give the fault of the file that made DuckDB stop, or None when it is no fault of the file's."""
    message = str(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return Unreadable("too_heavy")
    if not isinstance(error, duckdb.InvalidInputException):
        return None
    found = LINE.search(message)
    if found is None:
        return Unreadable("not_csv") if NOT_RFC_4180 in message or "CSV" in message else None
    line = int(found[1])
    if width := WIDTH.search(message):
        return Unreadable("ragged", line=line, found=int(width[2]), expected=int(width[1]))
    if "unterminated quote" in message:
        return Unreadable("quotes", line=line)
    if "line size" in message:
        return Unreadable("long_line", line=line, maximum=MAX_LINE_BYTES // 1_000_000)
    return Unreadable("line", line=line)

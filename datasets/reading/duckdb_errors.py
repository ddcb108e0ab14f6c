"""What an error of DuckDB says about the file that it was reading."""

from __future__ import annotations

import re

import duckdb

from datasets.errors import UnreadableFile

MAX_LINE_BYTES = 2_000_000

LINE = re.compile(r"CSV Error on Line: (\d+)")
WIDTH = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
NOT_RFC_4180 = "state machine reached an invalid state"


def as_unreadable_file(error: duckdb.Error) -> UnreadableFile | None:
    """Return what is wrong with the file, or None when the error has another cause."""
    message = str(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return UnreadableFile("too_heavy")
    if not isinstance(error, duckdb.InvalidInputException):
        return None
    found = LINE.search(message)
    if found is None:
        return UnreadableFile("not_csv") if NOT_RFC_4180 in message or "CSV" in message else None
    line = int(found[1])
    if width := WIDTH.search(message):
        return UnreadableFile("ragged", line=line, found=int(width[2]), expected=int(width[1]))
    if "unterminated quote" in message:
        return UnreadableFile("quotes", line=line)
    if "line size" in message:
        return UnreadableFile("long_line", line=line, maximum=MAX_LINE_BYTES // 1_000_000)
    return UnreadableFile("line", line=line)

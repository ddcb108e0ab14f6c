"""DuckDB, locked in: it sees the folders of the datasets and nothing else, and its memory is bounded."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from django.conf import settings

MEMORY_MB, THREADS = 256, 2
"""For searching, sorting, writing; beyond that DuckDB spills to disk. The process weighs about 100 MB besides."""

WIDE_MEMORY_MB, WIDE_THREADS = 384, 1
"""For writing a thousand columns: each thread holds a group of rows, which is not spilled."""

_shared: dict[tuple[int, str], duckdb.DuckDBPyConnection] = {}
_shared_lock = threading.Lock()


def root() -> Path:
    """Give the folder below which every dataset has its own."""
    return Path(settings.MEDIA_ROOT) / "datasets"


@contextmanager
def workbench(folder: Path, *, wide: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database of its own that reads and writes files in `folder` only; `wide` for hundreds of columns."""
    db = _locked_in(folder, memory_mb=WIDE_MEMORY_MB if wide else MEMORY_MB, threads=WIDE_THREADS if wide else THREADS)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def reader() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a cursor that reads datasets' files, on a database that the whole process shares.

    Opening one takes 30 ms and a cursor none. It is made on first use, hence never inherited over a fork.
    """
    key = (os.getpid(), str(root()))
    with _shared_lock:
        if key not in _shared:
            _shared[key] = _locked_in(root(), memory_mb=MEMORY_MB, threads=THREADS)
        cursor = _shared[key].cursor()
    try:
        yield cursor
    finally:
        cursor.close()


def _locked_in(folder: Path, *, memory_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
    folder.mkdir(parents=True, exist_ok=True)
    db = duckdb.connect(
        config={
            "memory_limit": f"{memory_mb}MB",
            "threads": threads,
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        }
    )
    db.execute("SET TimeZone = 'UTC'")
    db.execute(f"SET allowed_directories = [{literal(str(folder))}]")
    db.execute("SET enable_external_access = false")
    db.execute("SET lock_configuration = true")
    return db


def literal(text: str) -> str:
    """Quote a text for SQL, where a parameter cannot stand."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Quote the name of a column for SQL."""
    return '"' + name.replace('"', '""') + '"'

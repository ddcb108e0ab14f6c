"""DuckDB in a sandbox: it reads and writes the folders of the datasets only, in bounded memory, without extensions."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from django.conf import settings

MEMORY_MB, THREADS = 256, 2
"""For searching, sorting and writing; beyond that DuckDB spills to disk. The process itself takes about 100 MB more."""

WIDE_MEMORY_MB, WIDE_THREADS = 384, 1
"""For writing a thousand columns: each thread keeps a row group in memory, which is not spilled."""

SMALL_MEMORY_MB, SMALL_THREADS = 96, 1
"""For the first rows of a table, in a database that no search can leave without memory."""

_shared: dict[tuple[int, str, bool], duckdb.DuckDBPyConnection] = {}
_shared_lock = threading.Lock()


def datasets_folder() -> Path:
    """Return the folder that holds one folder for each dataset."""
    return Path(settings.MEDIA_ROOT) / "datasets"


@contextmanager
def private_database(folder: Path, *, wide: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database that reads and writes files in `folder` only; `wide` for hundreds of columns."""
    db = _connect(folder, memory_mb=WIDE_MEMORY_MB if wide else MEMORY_MB, threads=WIDE_THREADS if wide else THREADS)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def shared_cursor(*, small: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a cursor that reads the files of datasets, on a database that the whole process shares; `small`: previews.

    Opening a database takes 30 ms, a cursor nothing. It is opened on first use and kept by process id, so that a forked
    worker never uses its parent's.
    """
    key = (os.getpid(), str(datasets_folder()), small)
    with _shared_lock:
        if key not in _shared:
            memory_mb, threads = (SMALL_MEMORY_MB, SMALL_THREADS) if small else (MEMORY_MB, THREADS)
            _shared[key] = _connect(datasets_folder(), memory_mb=memory_mb, threads=threads)
        cursor = _shared[key].cursor()
    try:
        yield cursor
    finally:
        cursor.close()


def _connect(folder: Path, *, memory_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
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
    db.execute(f"SET allowed_directories = [{quote_literal(str(folder))}]")
    db.execute("SET enable_external_access = false")
    db.execute("SET lock_configuration = true")
    return db


def quote_literal(text: str) -> str:
    """Quote a text for SQL, where DuckDB takes no parameter."""
    return "'" + text.replace("'", "''") + "'"


def quote_identifier(name: str) -> str:
    """Quote the name of a column for SQL."""
    return '"' + name.replace('"', '""') + '"'

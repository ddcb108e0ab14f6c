"""What a measure costs: CPU of process trees, statements of PostgreSQL; databases made from templates."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from scripts.services import PostgreSQL

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pids: Iterable[int]) -> float:
    """Return the seconds of CPU that these processes and all below them used, the ended and reaped ones included."""
    children: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid = int(entry.name)
        # utime, stime, cutime, cstime (proc(5)): the fields after the name begin with the third.
        used[pid] = sum(int(field) for field in fields[11:15]) / TICKS
        children.setdefault(int(fields[1]), []).append(pid)
    wanted, seen = list(pids), set[int]()
    while wanted:
        pid = wanted.pop()
        if pid not in seen:
            seen.add(pid)
            wanted += children.get(pid, [])
    return sum(used.get(pid, 0.0) for pid in seen)


def children(pid: int) -> list[int]:
    """Return the processes that this one started (proc(5), CONFIG_PROC_CHILDREN)."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def resident_mb(pid: int) -> float:
    """Return the memory that a process holds, what it shares with others included, in millions of bytes."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Rss:")) / 1e6


@contextmanager
def connected(postgresql: PostgreSQL, database: str = "postgres") -> Iterator[psycopg.Connection]:
    """Yield a connection that commits each statement."""
    with psycopg.connect(address(postgresql, database), autocommit=True) as connection:
        yield connection


def address(postgresql: PostgreSQL, database: str) -> str:
    """Return the URL of a database of this server."""
    return postgresql.url.rsplit("/", 1)[0] + f"/{database}"


def create_database(postgresql: PostgreSQL, name: str, *, template: str = "template1") -> None:
    """Make a database anew, as a copy of the template."""
    drop_database(postgresql, name)
    with connected(postgresql) as connection:
        words = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(words.format(sql.Identifier(name), sql.Identifier(template)))


def drop_database(postgresql: PostgreSQL, name: str) -> None:
    """Drop a database if it is there, whoever is connected to it."""
    with connected(postgresql) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def count_statements(postgresql: PostgreSQL) -> None:
    """Switch the count of statements on."""
    with connected(postgresql) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")


DURABILITY = ("fsync", "full_page_writes", "synchronous_commit")
UNSYNCED_SQL = "SELECT count(*) FROM pg_stat_statements WHERE query ILIKE 'SET synchronous_commit TO off%'"


def durability(postgresql: PostgreSQL) -> str:
    """Return the server's version, and what it does of its settings that keep a commit through a power cut."""
    with connected(postgresql) as connection:
        told = [f"PostgreSQL {connection.info.server_version // 10_000}"]
        for name in DURABILITY:
            found = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
            assert found is not None
            told.append(f"{name} {found[0]}")
    return ", ".join(told)


def forget_statements(postgresql: PostgreSQL) -> None:
    """Begin to count statements anew, in all databases."""
    with connected(postgresql) as connection:
        connection.execute("SELECT pg_stat_statements_reset()")


def unsynced(postgresql: PostgreSQL) -> bool:
    """Return whether any connection switched synchronous_commit off, in databases that are dropped by now too."""
    with connected(postgresql) as connection:
        found = connection.execute(UNSYNCED_SQL).fetchone()
    assert found is not None
    return bool(found[0])


def statements(postgresql: PostgreSQL, database: str) -> dict[str, int]:
    """Return how often each statement ran in a database since the server started, BEGIN and COMMIT included.

    Not what PostgreSQL asks itself to check a foreign key: no client sent that.
    """
    with connected(postgresql) as connection:
        return dict(
            connection.execute(
                "SELECT query, SUM(calls)::bigint FROM pg_stat_statements "
                "JOIN pg_database ON pg_database.oid = dbid WHERE datname = %s "
                "AND query NOT LIKE 'SELECT %% FROM ONLY %% FOR KEY SHARE OF x' GROUP BY query",
                (database,),
            ).fetchall()
        )

"""How the values of an axis become few enough to read: the largest categories, rounded dates, steps of numbers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import duckdb
from django.utils.translation import gettext as _

from datasets import engine
from datasets.charts.spec import Aggregate, Chart, Kind, Mark, Row, Unit

MAX_CATEGORIES = {Mark.BAR: 30, Mark.ARC: 9}
MAX_CATEGORIES_ELSEWHERE = 60
MAX_STEPS = {Mark.BAR: 40, Mark.ARC: 9}
MAX_STEPS_ELSEWHERE = 500
"""Distinct dates beyond which they are rounded, distinct numbers beyond which they are put in steps."""

MAX_COLOURS = 8
BINS = {Mark.BAR: 20, Mark.ARC: 8}
YEARS = (1000, 2200)
"""Whole numbers in this range are written without a separator: 2026, not 2 026."""

FUNCTIONS = {
    Aggregate.COUNT: "count(*)",
    Aggregate.SUM: "sum(y)",
    Aggregate.MEAN: "avg(y)",
    Aggregate.MEDIAN: "median(y)",
    Aggregate.MIN: "min(y)",
    Aggregate.MAX: "max(y)",
    Aggregate.NONE: "count(*)",
}


@dataclass(frozen=True, slots=True)
class Key:
    """What rows are grouped by: an SQL expression over `source`, and how its values are shown."""

    sql: str
    kind: Kind
    categories: tuple[str, ...] = ()
    ordered: bool = False
    unit: Unit = ""
    step: float | None = None
    years: bool = False
    note: str = ""

    def row(self, key: Any, value: float, colour: str | None) -> Row:  # Any: a text, a number or a time
        """Give one row of the chart's data."""
        row: Row = {"x": _milliseconds(key) if isinstance(key, datetime) else key, "y": value}
        if self.step is not None:
            row["x2"] = key + self.step
        if colour is not None:
            row["c"] = colour
        return row


def key_of(db: duckdb.DuckDBPyConnection, chart: Chart, kind: Kind) -> Key:
    """Choose how the values of `source.x` are grouped for this mark."""
    if kind == "nominal":
        return _categories(db, chart)
    if kind == "temporal":
        return _dates(db, chart)
    return _numbers(db, chart)


def largest(db: duckdb.DuckDBPyConnection, column: Literal["x", "c"], measure: str, *, limit: int, others: bool) -> Key:
    """Keep the `limit` largest categories of a column of `source`; the rest becomes one, or is left out and said so."""
    db.execute(
        f"CREATE TEMP TABLE top_{column} AS SELECT {column} AS k, {measure} AS v FROM source"
        f" GROUP BY k ORDER BY v DESC NULLS LAST, k LIMIT {limit}"
    )
    found = db.execute(f"SELECT k FROM top_{column} ORDER BY v DESC NULLS LAST, k").fetchall()
    names = tuple(name for (name,) in found)
    total = numbers_of(db, f"SELECT count(DISTINCT {column}) FROM source")[0]
    if total <= limit:
        return Key(column, "nominal", categories=names)
    kept = f"CASE WHEN {column} IN (SELECT k FROM top_{column}) THEN {column}"
    if not others:
        note = _("The %(shown)s largest of %(total)s values are shown.") % {"shown": limit, "total": total}
        return Key(f"{kept} END", "nominal", categories=names, note=note)
    rest = _("Others (%(count)s)") % {"count": total - limit}
    return Key(f"{kept} ELSE {engine.literal(rest)} END", "nominal", categories=(*names, rest))


def numbers_of(db: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:  # Any: what the query selects
    """Give the only row of a query."""
    return db.execute(query).fetchall()[0]


def _milliseconds(time: datetime) -> int:
    return int(time.replace(tzinfo=UTC).timestamp() * 1000)


def _categories(db: duckdb.DuckDBPyConnection, chart: Chart) -> Key:
    """Order bars and slices by size; elsewhere by name, as a quarter or a rank would have it."""
    limit = MAX_CATEGORIES.get(Mark(chart.mark), MAX_CATEGORIES_ELSEWHERE)
    key = largest(db, "x", FUNCTIONS[Aggregate(chart.aggregate)], limit=limit, others=chart.mark == Mark.ARC)
    if chart.mark in MAX_CATEGORIES:
        return key
    return Key(key.sql, "nominal", categories=tuple(sorted(key.categories, key=_as_read)), ordered=True, note=key.note)


def _as_read(text: str) -> list[tuple[int, str]]:
    """Give a sort key with which 2 comes before 10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", text) if part]


def _dates(db: duckdb.DuckDBPyConnection, chart: Chart) -> Key:
    """Round dates to the finest unit that leaves few enough; a pie's slices are named by it."""
    if chart.aggregate == Aggregate.NONE:
        return Key("x", "temporal")
    limit = MAX_STEPS.get(Mark(chart.mark), MAX_STEPS_ELSEWHERE)
    units: tuple[Unit, ...] = ("day", "month", "year")
    counts = numbers_of(
        db,
        "SELECT " + ", ".join(f"count(DISTINCT date_trunc('{unit}', x))" for unit in units) + " FROM source",
    )
    unit: Unit = next((unit for unit, count in zip(units, counts, strict=True) if count <= limit), "year")
    if chart.mark != Mark.ARC:
        return Key(f"date_trunc('{unit}', x)::TIMESTAMP", "temporal", unit=unit)
    return _named(db, f"strftime(x, '{ {'day': '%Y-%m-%d', 'month': '%Y-%m', 'year': '%Y'}[unit] }')")


def _numbers(db: duckdb.DuckDBPyConnection, chart: Chart) -> Key:
    """Keep numbers that are few; put many in steps of 1, 2 or 5 times a power of ten."""
    count, low, high, whole = numbers_of(
        db, "SELECT count(DISTINCT x), min(x), max(x), coalesce(bool_and(x = floor(x)), false) FROM source"
    )
    years = bool(whole) and count > 0 and YEARS[0] <= low and high <= YEARS[1]
    discrete = chart.mark in MAX_STEPS
    if chart.aggregate == Aggregate.NONE or (not discrete and count <= MAX_STEPS_ELSEWHERE):
        return Key("x", "quantitative", years=years)
    if discrete and count <= MAX_STEPS[Mark(chart.mark)]:
        return _named(db, "x::BIGINT::VARCHAR" if whole and abs(high) < 1e15 > abs(low) else "x::VARCHAR")
    step = nice_step((high - low) / BINS.get(Mark(chart.mark), MAX_STEPS_ELSEWHERE / 2))
    if chart.mark == Mark.ARC:
        kind = "BIGINT" if step >= 1 else "DOUBLE"
        low, high = (f"((floor(x / {step!r}) + {side}) * {step!r})::{kind}" for side in (0, 1))
        return _named(db, f"{low} || ' – ' || {high}")
    return Key(f"floor(x / {step!r}) * {step!r}", "quantitative", step=step, years=years)


def _named(db: duckdb.DuckDBPyConnection, sql: str) -> Key:
    """Make categories of values that are few, in the order of the values."""
    found = db.execute(f"SELECT {sql} AS k FROM source WHERE x IS NOT NULL GROUP BY k ORDER BY min(x)").fetchall()
    return Key(sql, "nominal", categories=tuple(name for (name,) in found), ordered=True)


def nice_step(step: float) -> float:
    """Give the least of 1, 2 or 5 × a power of ten that is not under `step` (> 0)."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step * (1 - 1e-9))

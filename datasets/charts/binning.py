"""Group the values of an axis so that few remain: the largest categories, rounded dates, ranges of numbers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import duckdb
from django.utils.translation import gettext as _

from datasets import engine
from datasets.charts.spec import Aggregate, Chart, Kind, Mark, Row, Unit

MAX_CATEGORIES = {Mark.BAR: 30, Mark.ARC: 9}
MAX_CATEGORIES_ELSEWHERE = 60
MAX_DISTINCT = {Mark.BAR: 40, Mark.ARC: 9}
MAX_DISTINCT_ELSEWHERE = 500
"""Number of distinct dates above which they are rounded, of distinct numbers above which they are put in ranges."""

MAX_COLOURS = 8
BIN_COUNT = {Mark.BAR: 20, Mark.ARC: 8}
YEAR_RANGE = (1000, 2200)
"""Whole numbers in this range are taken for years and written without a separator: 2026, not 2 026."""

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
class Grouping:
    """What rows are grouped by: an SQL expression over the view `source`, and how its values are shown."""

    sql: str
    kind: Kind
    categories: tuple[str, ...] = ()
    ordered: bool = False
    unit: Unit = ""
    step: float | None = None
    years: bool = False
    footnote: str = ""

    def row(self, key: Any, value: float, colour: str | None) -> Row:
        """Return one row of the chart's data; `key` is a text, a number or a time."""
        row: Row = {"x": _milliseconds(key) if isinstance(key, datetime) else key, "y": value}
        if self.step is not None:
            row["x2"] = key + self.step
        if colour is not None:
            row["c"] = colour
        return row


def choose_grouping(db: duckdb.DuckDBPyConnection, chart: Chart, kind: Kind) -> Grouping:
    """Return how the values of `source.x` are grouped for the mark of `chart`."""
    if kind == "nominal":
        return _categories(db, chart)
    if kind == "temporal":
        return _dates(db, chart)
    return _numbers(db, chart)


def largest_categories(
    db: duckdb.DuckDBPyConnection, column: Literal["x", "c"], measure: str, *, limit: int, others: bool
) -> Grouping:
    """Keep the `limit` largest categories of a column; the others become one, or are left out with a footnote."""
    db.execute(
        f"CREATE TEMP TABLE top_{column} AS SELECT {column} AS k, {measure} AS v FROM source"
        f" GROUP BY k ORDER BY v DESC NULLS LAST, k LIMIT {limit}"
    )
    found = db.execute(f"SELECT k FROM top_{column} ORDER BY v DESC NULLS LAST, k").fetchall()
    names = tuple(name for (name,) in found)
    total = fetch_row(db, f"SELECT count(DISTINCT {column}) FROM source")[0]
    if total <= limit:
        return Grouping(column, "nominal", categories=names)
    kept = f"CASE WHEN {column} IN (SELECT k FROM top_{column}) THEN {column}"
    if not others:
        footnote = _("The %(shown)s largest of %(total)s values are shown.") % {"shown": limit, "total": total}
        return Grouping(f"{kept} END", "nominal", categories=names, footnote=footnote)
    rest = _("Others (%(count)s)") % {"count": total - limit}
    return Grouping(f"{kept} ELSE {engine.quote_literal(rest)} END", "nominal", categories=(*names, rest))


def fetch_row(db: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """Return the only row that `query` selects."""
    return db.execute(query).fetchall()[0]


def _milliseconds(time: datetime) -> int:
    return int(time.replace(tzinfo=UTC).timestamp() * 1000)


def _categories(db: duckdb.DuckDBPyConnection, chart: Chart) -> Grouping:
    """Return the largest categories, by size for bars and slices, else by name, for quarters or ranks."""
    limit = MAX_CATEGORIES.get(Mark(chart.mark), MAX_CATEGORIES_ELSEWHERE)
    grouping = largest_categories(
        db, "x", FUNCTIONS[Aggregate(chart.aggregate)], limit=limit, others=chart.mark == Mark.ARC
    )
    if chart.mark in MAX_CATEGORIES:
        return grouping
    in_order = tuple(sorted(grouping.categories, key=_natural_order))
    return replace(grouping, categories=in_order, ordered=True)


def _natural_order(text: str) -> list[tuple[int, str]]:
    """Return a sort key with which 2 comes before 10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", text) if part]


def _dates(db: duckdb.DuckDBPyConnection, chart: Chart) -> Grouping:
    """Round dates to the finest unit that leaves few enough of them; for a pie they become categories."""
    if chart.aggregate == Aggregate.NONE:
        return Grouping("x", "temporal")
    limit = MAX_DISTINCT.get(Mark(chart.mark), MAX_DISTINCT_ELSEWHERE)
    units: tuple[Unit, ...] = ("day", "month", "year")
    counts = fetch_row(
        db,
        "SELECT " + ", ".join(f"count(DISTINCT date_trunc('{unit}', x))" for unit in units) + " FROM source",
    )
    unit: Unit = next((unit for unit, count in zip(units, counts, strict=True) if count <= limit), "year")
    if chart.mark != Mark.ARC:
        return Grouping(f"date_trunc('{unit}', x)::TIMESTAMP", "temporal", unit=unit)
    return _in_value_order(db, f"strftime(x, '{ {'day': '%Y-%m-%d', 'month': '%Y-%m', 'year': '%Y'}[unit] }')")


def _numbers(db: duckdb.DuckDBPyConnection, chart: Chart) -> Grouping:
    """Keep numbers as they are when they are few; else put them in ranges of 1, 2 or 5 times a power of ten."""
    count, low, high, whole = fetch_row(
        db, "SELECT count(DISTINCT x), min(x), max(x), coalesce(bool_and(x = floor(x)), false) FROM source"
    )
    years = bool(whole) and count > 0 and YEAR_RANGE[0] <= low and high <= YEAR_RANGE[1]
    discrete = chart.mark in MAX_DISTINCT
    if chart.aggregate == Aggregate.NONE or (not discrete and count <= MAX_DISTINCT_ELSEWHERE):
        return Grouping("x", "quantitative", years=years)
    if discrete and count <= MAX_DISTINCT[Mark(chart.mark)]:
        return _in_value_order(db, "x::BIGINT::VARCHAR" if whole and abs(high) < 1e15 > abs(low) else "x::VARCHAR")
    step = round_step((high - low) / BIN_COUNT.get(Mark(chart.mark), MAX_DISTINCT_ELSEWHERE / 2))
    if chart.mark == Mark.ARC:
        kind = "BIGINT" if step >= 1 else "DOUBLE"
        low, high = (f"((floor(x / {step!r}) + {side}) * {step!r})::{kind}" for side in (0, 1))
        return _in_value_order(db, f"{low} || ' – ' || {high}")
    return Grouping(f"floor(x / {step!r}) * {step!r}", "quantitative", step=step, years=years)


def _in_value_order(db: duckdb.DuckDBPyConnection, sql: str) -> Grouping:
    """Return a category for each value, in the order of the values."""
    found = db.execute(f"SELECT {sql} AS k FROM source WHERE x IS NOT NULL GROUP BY k ORDER BY min(x)").fetchall()
    return Grouping(sql, "nominal", categories=tuple(name for (name,) in found), ordered=True)


def round_step(step: float) -> float:
    """Return the least of 1, 2 or 5 × a power of ten that is not less than `step` (> 0)."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step * (1 - 1e-9))

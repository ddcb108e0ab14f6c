"""Compute the points of a chart from a table of any size: grouped, limited in number, with a footnote saying so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datasets import engine
from datasets.charts.binning import FUNCTIONS, MAX_COLOURS, Grouping, choose_grouping, fetch_row, largest_categories
from datasets.charts.spec import Aggregate, Chart, Kind, Mark, NotDrawable, Points, Row

MAX_POINTS = 5_000
MAX_SAMPLE_ROWS = 2_000
"""Of rows that are not grouped: more dots would only cover each other."""

MAX_TEXT_CHARS = 120
SUGGESTED_VALUES = (2, 40)
"""Number of distinct values that makes a readable bar chart."""

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_REALS = ("FLOAT", "DOUBLE", "DECIMAL")
_TIMES = ("DATE", "TIMESTAMP")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: its name, its title, its type in DuckDB."""

    name: str
    title: str
    type: str

    @property
    def kind(self) -> Kind:
        """The kind of axis for its type."""
        if self.type.startswith(_NUMBERS + _REALS):
            return "quantitative"
        return "temporal" if self.type.startswith(_TIMES) else "nominal"

    @property
    def sql(self) -> str:
        """The SQL of its values as charts need them: finite numbers, times in UTC, short texts."""
        name = engine.quote_identifier(self.name)
        if self.kind == "quantitative":
            return f"CASE WHEN isfinite({name}::DOUBLE) THEN {name}::DOUBLE END"
        if self.kind == "temporal":
            return f"CASE WHEN isfinite({name}) AND year({name}) BETWEEN 1 AND 9999 THEN {name}::TIMESTAMP END"
        return self.label_sql

    @property
    def label_sql(self) -> str:
        """The SQL of its values as names of categories."""
        name = engine.quote_identifier(self.name)
        empty = engine.quote_literal(_("(empty)"))
        return f"coalesce(nullif(trim(left({name}::VARCHAR, {MAX_TEXT_CHARS})), ''), {empty})"


def compute_points(path: Path, chart: Chart, *, titles: dict[str, str]) -> Points:
    """Return what `chart` shows of the Parquet file at `path`; `titles` maps the names of columns to their titles.

    Raise `NotDrawable` when a column is missing or unsuitable, or when the file cannot be read.
    """
    try:
        with engine.shared_cursor() as db:
            db.execute(f"CREATE TEMP VIEW parquet AS FROM read_parquet({engine.quote_literal(str(path))})")
            described = db.execute("DESCRIBE parquet").fetchall()
            columns = {name: Column(name, titles.get(name, name), kind) for name, kind, *_others in described}
            return _points(db, chart, columns)
    except (duckdb.Error, OSError) as error:
        raise NotDrawable(_("The data of the dataset cannot be read.")) from error


def suggest_column(path: Path, names: list[str]) -> str:
    """Return the first of the columns `names` with few enough values for a bar chart, else the first, or "".

    The counts are approximate, and unknown when the file cannot be read.
    """
    try:
        with engine.shared_cursor() as db:
            counts = ", ".join(f"approx_count_distinct({engine.quote_identifier(name)})" for name in names)
            table = f"read_parquet({engine.quote_literal(str(path))})"
            found = fetch_row(db, f"SELECT {counts} FROM {table}") if names else ()
    except duckdb.Error:
        found = ()
    few = (
        name for name, count in zip(names, found, strict=False) if SUGGESTED_VALUES[0] <= count <= SUGGESTED_VALUES[1]
    )
    return next(few, names[0] if names else "")


def _points(db: duckdb.DuckDBPyConnection, chart: Chart, columns: dict[str, Column]) -> Points:
    x = _column(columns, chart.x)
    y = _value(columns, chart)
    colour = _column(columns, chart.colour) if chart.colour and chart.mark != Mark.ARC else None
    db.execute(
        f"CREATE TEMP VIEW source AS SELECT {x.sql} AS x, {y.sql if y else 'NULL'} AS y,"
        f" {colour.label_sql if colour else 'NULL'} AS c FROM parquet"
    )
    grouping = choose_grouping(db, chart, x.kind)
    colours = largest_categories(db, "c", "count(*)", limit=MAX_COLOURS, others=True) if colour else None
    rows, sampled = _rows(db, chart, grouping, colours)
    if not rows:
        raise NotDrawable(_("No row has a value to show."))
    if chart.mark == Mark.ARC and any(float(row["y"] or 0) < 0 for row in rows):
        raise NotDrawable(_("A pie cannot show negative values."))
    return Points(
        rows=rows,
        kind=grouping.kind,
        x_title=x.title,
        y_title=y_title(chart, y.title if y else ""),
        colour_title=colour.title if colour else "",
        colours=colours.categories if colours else (),
        categories=grouping.categories,
        ordered=grouping.ordered,
        unit=grouping.unit,
        binned=grouping.step is not None,
        years=grouping.years,
        footnote=" ".join(filter(None, [grouping.footnote, sampled, _missing_values_footnote(db, x)])),
    )


def _column(columns: dict[str, Column], name: str) -> Column:
    if not name:
        raise NotDrawable(_("Choose the column of the horizontal axis."))
    if name not in columns:
        raise NotDrawable(_("The column “%(column)s” is no longer in the data.") % {"column": name})
    return columns[name]


def _value(columns: dict[str, Column], chart: Chart) -> Column | None:
    """Return the column that is aggregated; None when rows are counted."""
    if chart.aggregate == Aggregate.COUNT:
        return None
    if not chart.y:
        raise NotDrawable(_("Choose the column of the vertical axis."))
    column = _column(columns, chart.y)
    if column.kind != "quantitative":
        raise NotDrawable(_("The column “%(column)s” does not hold numbers.") % {"column": column.title})
    if chart.aggregate == Aggregate.NONE and chart.mark != Mark.POINT:
        raise NotDrawable(_("Only points can show each row: choose a grouping."))
    return column


def y_title(chart: Chart, column: str) -> str:
    """Return the title of the vertical axis, such as “Sum of Budget”."""
    match chart.aggregate:
        case Aggregate.COUNT:
            return _("Number of rows")
        case Aggregate.SUM:
            return _("Sum of %(column)s") % {"column": column}
        case Aggregate.MEAN:
            return _("Mean of %(column)s") % {"column": column}
        case Aggregate.MEDIAN:
            return _("Median of %(column)s") % {"column": column}
        case Aggregate.MIN:
            return _("Minimum of %(column)s") % {"column": column}
        case Aggregate.MAX:
            return _("Maximum of %(column)s") % {"column": column}
        case _:
            return column


def _rows(
    db: duckdb.DuckDBPyConnection, chart: Chart, grouping: Grouping, colours: Grouping | None
) -> tuple[list[Row], str]:
    """Return a row for each x and colour, or a repeatable sample of ungrouped rows and its footnote."""
    named = f"SELECT {grouping.sql} AS k, {colours.sql if colours else 'NULL'} AS c, y FROM source"
    if chart.aggregate != Aggregate.NONE:
        value = FUNCTIONS[Aggregate(chart.aggregate)]
        query = f"SELECT k, {value} AS v, c FROM ({named}) WHERE k IS NOT NULL GROUP BY k, c HAVING v IS NOT NULL"
        found = db.execute(f"{query} ORDER BY k, c LIMIT {MAX_POINTS}").fetchall()
        return [grouping.row(*row) for row in found], ""
    usable = f"SELECT k, y, c FROM ({named}) WHERE k IS NOT NULL AND y IS NOT NULL"
    total = fetch_row(db, f"SELECT count(*) FROM ({usable})")[0]
    sample = f"SELECT * FROM ({usable}) USING SAMPLE reservoir({MAX_SAMPLE_ROWS} ROWS) REPEATABLE (1)"
    found = db.execute(sample).fetchall()
    footnote = _("A sample of %(shown)s rows of %(total)s is shown.") % {"shown": MAX_SAMPLE_ROWS, "total": total}
    return [grouping.row(*row) for row in found], footnote if total > MAX_SAMPLE_ROWS else ""


def _missing_values_footnote(db: duckdb.DuckDBPyConnection, x: Column) -> str:
    """Return the footnote that says how many rows have no place on a numeric or temporal axis."""
    count = fetch_row(db, "SELECT count(*) FROM source WHERE x IS NULL")[0]
    footnote = ngettext(
        "%(count)s row without “%(column)s” is left out.", "%(count)s rows without “%(column)s” are left out.", count
    )
    return footnote % {"count": count, "column": x.title} if count else ""

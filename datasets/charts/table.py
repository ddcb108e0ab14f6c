"""What a chart shows, as a caption and as a table, for readers who cannot see it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypedDict

from django.utils.translation import gettext as _

from datasets.charts.spec import Points, Row

MAX_FIGURES = 100
FORMATS = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y", "": "%Y-%m-%d %H:%M"}
Cell = str | float | int | None


class Figures(TypedDict):
    """The table of a chart: titles of the columns, the first rows, and how many rows there are in all."""

    head: list[str]
    rows: list[list[Cell]]
    total: int


def build_figures(points: Points) -> Figures:
    """Return the table of a chart, its rows in the order of the chart; columns: x, colour if there is one, y."""
    rank = {name: place for place, name in enumerate(points.categories)}
    rows = sorted(points.rows, key=lambda row: rank.get(str(row["x"]), 0)) if rank else points.rows
    head = [points.x_title, points.colour_title, points.y_title] if points.colours else [points.x_title, points.y_title]
    return {"head": head, "rows": [_cells(row, points) for row in rows[:MAX_FIGURES]], "total": len(rows)}


def build_caption(points: Points) -> str:
    """Return what a chart shows, such as “Sum of Budget by Town”."""
    return _("%(value)s by %(key)s") % {"value": points.y_title, "key": points.x_title}


def _cells(row: Row, points: Points) -> list[Cell]:
    cells = [_x(row, points), row["y"]]
    return [cells[0], row["c"], cells[1]] if points.colours else cells


def _x(row: Row, points: Points) -> Cell:
    x = row["x"]
    if points.kind == "temporal" and isinstance(x, int):
        return datetime.fromtimestamp(x / 1000, tz=UTC).strftime(FORMATS[points.unit])
    if points.binned:
        return f"{x:g} – {row['x2']:g}"
    return int(x) if isinstance(x, float) and x.is_integer() else x

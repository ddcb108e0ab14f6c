"""What a chart is, its Vega-Lite specification, and its rendering as SVG."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from datasets.charts.theme import Palette, vega_config

Kind = Literal["nominal", "quantitative", "temporal"]
Unit = Literal["", "day", "month", "year"]
Row = dict[str, str | float | int | None]
Options = dict[str, Any]
Locale = Literal["fr-FR", "en-GB"]

WIDE_PX = 640
WIDTH_PX = {"wide": WIDE_PX, "narrow": 300}
"""Width of the plot in CSS pixels, for a column of text and for a telephone."""

HEIGHT_PX, MIN_HEIGHT_PX = 320, 120
BAR_STEP_PX = 24
MIN_LABEL_PX = 140
CHAR_PX = 7
"""Estimated width of a character of a label, to tell whether labels fit below vertical bars."""

LOCALES: dict[str, Locale] = {"fr": "fr-FR", "en": "en-GB"}
"""d3-format and d3-time-format locales of vl-convert, by language."""

TIME_UNITS: dict[Unit, str] = {"day": "utcyearmonthdate", "month": "utcyearmonth", "year": "utcyear"}


class Mark(TextChoices):
    """The shape that shows a value."""

    BAR = "bar", _("Bars")
    LINE = "line", _("Line")
    AREA = "area", _("Area")
    POINT = "point", _("Points")
    ARC = "arc", _("Pie")


class Aggregate(TextChoices):
    """How the rows with the same x are reduced to one value; `none` shows each row."""

    COUNT = "count", _("Number of rows")
    SUM = "sum", _("Sum")
    MEAN = "mean", _("Mean")
    MEDIAN = "median", _("Median")
    MIN = "min", _("Minimum")
    MAX = "max", _("Maximum")
    NONE = "none", _("No grouping: each row")


class NotDrawable(Exception):
    """The chart cannot be drawn from the data; the message says why, in the language that was active."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What was configured: the mark, the column of each axis (its key in the data), how rows are grouped."""

    mark: str = Mark.BAR
    x: str = ""
    y: str = ""
    aggregate: str = Aggregate.COUNT
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """What is drawn: rows of `x` and `y`, with `c` if there is a colour, and in a histogram `x2`, the end of the bar.

    `x` of a temporal axis is in milliseconds since 1970 (UTC), rounded to `unit`. Names of columns are untrusted: they
    are used as titles only, never as field names of the specification.
    """

    rows: list[Row]
    kind: Kind
    x_title: str
    y_title: str
    colour_title: str = ""
    colours: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    ordered: bool = False
    unit: Unit = ""
    binned: bool = False
    years: bool = False
    footnote: str = ""


def build_specification(chart: Chart, points: Points, *, palette: Palette, size: str = "wide") -> Options:
    """Return the Vega-Lite specification, data included."""
    width = WIDTH_PX[size]
    with debug_mode(False):  # Altair's validation of its own objects would take most of the time
        drawing = _pie(points, width=width) if chart.mark == Mark.ARC else _axes(chart, points, width=width)
        drawing = drawing.properties(width=width, height=_height(chart, points, width), config=vega_config(palette))
        specified: Options = drawing.to_dict(validate=False)
    return specified | {"data": {"values": points.rows}}


def render_svg(specification: Options, *, language: str) -> str:
    """Return the SVG of a specification; no URL in it is ever fetched."""
    locale = LOCALES.get(language, "fr-FR")
    return vl_convert.vegalite_to_svg(
        specification, allowed_base_urls=[], format_locale=locale, time_format_locale=locale
    )


def is_horizontal(chart: Chart, points: Points, *, width: int) -> bool:
    """Return whether bars are horizontal: their labels have no order of their own and would not fit below them."""
    if chart.mark != Mark.BAR or points.kind != "nominal" or points.ordered:
        return False
    return CHAR_PX * max(map(len, points.categories)) * len(points.categories) > width


def _height(chart: Chart, points: Points, width: int) -> int:
    horizontal = is_horizontal(chart, points, width=width)
    return max(MIN_HEIGHT_PX, BAR_STEP_PX * len(points.categories)) if horizontal else HEIGHT_PX


def _pie(points: Points, *, width: int) -> alt.Chart:
    pie: alt.Chart = alt.Chart().mark_arc(innerRadius=70, padAngle=0.01, cornerRadius=2, aria=False)
    legend = alt.Legend(orient="right" if width >= WIDE_PX else "bottom", columns=1)
    return pie.encode(
        theta=alt.Theta("y:Q", stack=True),
        order=alt.Order("rank:Q"),
        color=alt.Color("x:N", sort=list(points.categories), title=points.x_title, legend=legend),
    ).transform_calculate(rank=f"indexof({json.dumps(points.categories)}, datum.x)")


def _axes(chart: Chart, points: Points, *, width: int) -> alt.Chart:
    key, value = ("y", "x") if is_horizontal(chart, points, width=width) else ("x", "y")
    channel = {"x": alt.X, "y": alt.Y}
    whole: Options = {"tickMinStep": 1} if chart.aggregate == Aggregate.COUNT else {}
    encoding: Options = {
        key: channel[key](**_x_channel(points, width)),
        value: channel[value](
            "y:Q",
            title=points.y_title,
            axis=alt.Axis(**_number_axis(width), **whole),
            stack=_stack(chart, points),
            scale=alt.Scale(zero=chart.mark not in {Mark.LINE, Mark.POINT}),
        ),
    }
    if points.binned and chart.mark == Mark.BAR:
        encoding["x2"] = "x2"
    if points.colours:
        encoding["color"] = alt.Color(
            "c:N", sort=list(points.colours), title=points.colour_title, legend=alt.Legend(columns=width // 150)
        )
    return _base_chart(chart.mark, single_point=len(points.rows) == 1).encode(**encoding)


def _stack(chart: Chart, points: Points) -> Literal["zero"] | None:
    """Return whether bars and areas of several colours are stacked: only when their sum has a meaning."""
    stacked = chart.mark in {Mark.BAR, Mark.AREA} and chart.aggregate in {Aggregate.COUNT, Aggregate.SUM}
    return "zero" if stacked and points.colours else None


def _base_chart(mark: str, *, single_point: bool) -> alt.Chart:
    """Return an empty chart of this mark; a line through a single point shows the point."""
    options: dict[str, Options] = {
        Mark.LINE: {"type": "line", "point": single_point},
        Mark.AREA: {"type": "area", "line": True, "point": single_point, "fillOpacity": 0.35},
        Mark.POINT: {"type": "point", "filled": True, "opacity": 0.7, "size": 50},
    }
    bar: Options = {"type": "bar", "cornerRadiusEnd": 2}
    return alt.Chart(mark=alt.MarkDef(**options.get(mark, bar), aria=False))


def _x_channel(points: Points, width: int) -> Options:
    """Return the options of the x channel, for categories, numbers or time."""
    if points.kind == "nominal":
        names = alt.Axis(labelLimit=max(MIN_LABEL_PX, width // 3), labelAngle=0, labelOverlap=True, labelSeparation=6)
        return {"shorthand": "x:N", "title": points.x_title, "sort": list(points.categories), "axis": names}
    if points.kind == "temporal":
        axis = alt.Axis(tickCount=width // 90, labelOverlap=True)
        options: Options = {"shorthand": "x:T", "title": points.x_title, "scale": alt.Scale(type="utc"), "axis": axis}
        return options | ({"timeUnit": TIME_UNITS[points.unit]} if points.unit else {})
    numbers = _number_axis(width) | ({"format": "d"} if points.years else {})
    options = {"shorthand": "x:Q", "title": points.x_title, "scale": alt.Scale(zero=False), "axis": alt.Axis(**numbers)}
    return options | ({"bin": "binned"} if points.binned else {})


def _number_axis(width: int) -> Options:
    return {"tickCount": width // 80, "labelOverlap": True}

"""Pure: what a chart is, and how its points become an SVG."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from datasets.charts.theme import Palette, config_of

Kind = Literal["nominal", "quantitative", "temporal"]
Unit = Literal["", "day", "month", "year"]
Row = dict[str, str | float | int | None]
Options = dict[str, Any]  # Any: Altair's and Vega-Lite's unions of choices
Locale = Literal["fr-FR", "en-GB"]

WIDE_PX = 640
WIDTH_PX = {"wide": WIDE_PX, "narrow": 300}
"""Width of the plot's frame in CSS pixels: of a column of text, and of a telephone."""

HEIGHT_PX = 320
BAR_STEP_PX = 24
LABEL_PX = 140
CHAR_PX = 7
"""Width of a character of a label: a bar that is narrower than its name lies down."""

LOCALES: dict[str, Locale] = {"fr": "fr-FR", "en": "en-GB"}
"""Names of d3-format and d3-time-format locales that vl-convert carries."""

TIME_UNITS: dict[Unit, str] = {"day": "utcyearmonthdate", "month": "utcyearmonth", "year": "utcyear"}


class Mark(TextChoices):
    """How a value is shown."""

    BAR = "bar", _("Bars")
    LINE = "line", _("Line")
    AREA = "area", _("Area")
    POINT = "point", _("Points")
    ARC = "arc", _("Pie")


class Aggregate(TextChoices):
    """How the rows of one x become one value; `none` shows each row."""

    COUNT = "count", _("Number of rows")
    SUM = "sum", _("Sum")
    MEAN = "mean", _("Mean")
    MEDIAN = "median", _("Median")
    MIN = "min", _("Minimum")
    MAX = "max", _("Maximum")
    NONE = "none", _("No grouping: each row")


class NotDrawable(Exception):
    """This chart cannot be drawn from this data; the message says why, in the language that was active."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What a person chose: a mark, the columns on each axis (their names in the data), how rows are grouped."""

    mark: str = Mark.BAR
    x: str = ""
    y: str = ""
    aggregate: str = Aggregate.COUNT
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """What is drawn: rows of `x`, `y` and, where there is a colour, `c`; of a histogram `x2`, the end of the bar.

    `x` of a temporal axis is in milliseconds since 1970 (UTC); `unit` is how far it was rounded. Names from strangers
    never reach the specification as field names: they are titles only.
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
    note: str = ""


def specification(chart: Chart, points: Points, *, palette: Palette, size: str = "wide") -> Options:
    """Give the Vega-Lite specification, its data inside."""
    width = WIDTH_PX[size]
    with debug_mode(False):  # Altair checks its own objects against its JSON Schema: most of the time of a drawing
        drawing = _pie(points, width=width) if chart.mark == Mark.ARC else _axes(chart, points, width=width)
        drawing = drawing.properties(width=width, height=_height(chart, points, width), config=config_of(palette))
        specified: Options = drawing.to_dict(validate=False)
    return specified | {"data": {"values": points.rows}}


def draw(specification: Options, *, language: str) -> str:
    """Give the SVG of a specification; no address is ever read, whatever the specification says."""
    locale = LOCALES.get(language, "fr-FR")
    return vl_convert.vegalite_to_svg(
        specification, allowed_base_urls=[], format_locale=locale, time_format_locale=locale
    )


def lies_down(chart: Chart, points: Points, *, width: int) -> bool:
    """Tell whether bars are horizontal: their names, in no order of their own, would not fit below them."""
    if chart.mark != Mark.BAR or points.kind != "nominal" or points.ordered:
        return False
    return CHAR_PX * max(map(len, points.categories)) * len(points.categories) > width


def _height(chart: Chart, points: Points, width: int) -> int:
    down = lies_down(chart, points, width=width)
    return max(120, BAR_STEP_PX * len(points.categories)) if down else HEIGHT_PX


def _pie(points: Points, *, width: int) -> alt.Chart:
    pie: alt.Chart = alt.Chart().mark_arc(innerRadius=70, padAngle=0.01, cornerRadius=2, aria=False)
    legend = alt.Legend(orient="right" if width >= WIDE_PX else "bottom", columns=1)
    return pie.encode(
        theta=alt.Theta("y:Q", stack=True),
        order=alt.Order("rank:Q"),
        color=alt.Color("x:N", sort=list(points.categories), title=points.x_title, legend=legend),
    ).transform_calculate(rank=f"indexof({json.dumps(points.categories)}, datum.x)")


def _axes(chart: Chart, points: Points, *, width: int) -> alt.Chart:
    key, value = ("y", "x") if lies_down(chart, points, width=width) else ("x", "y")
    channel = {"x": alt.X, "y": alt.Y}
    whole: Options = {"tickMinStep": 1} if chart.aggregate == Aggregate.COUNT else {}
    encoding: Options = {
        key: channel[key](**_key(points, width)),
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
    return _marked(chart.mark, alone=len(points.rows) == 1).encode(**encoding)


def _stack(chart: Chart, points: Points) -> Literal["zero"] | None:
    """Pile up the colours of bars and areas, where the sum of what is shown means something."""
    piled = chart.mark in {Mark.BAR, Mark.AREA} and chart.aggregate in {Aggregate.COUNT, Aggregate.SUM}
    return "zero" if piled and points.colours else None


def _marked(mark: str, *, alone: bool) -> alt.Chart:
    """Give an empty chart of this mark; a line through a single point shows the point."""
    options: dict[str, Options] = {
        Mark.LINE: {"type": "line", "point": alone},
        Mark.AREA: {"type": "area", "line": True, "point": alone, "fillOpacity": 0.35},
        Mark.POINT: {"type": "point", "filled": True, "opacity": 0.7, "size": 50},
    }
    bar: Options = {"type": "bar", "cornerRadiusEnd": 2}
    return alt.Chart(mark=alt.MarkDef(**options.get(mark, bar), aria=False))


def _key(points: Points, width: int) -> Options:
    """Give the axis of x by what it holds: categories, numbers or time."""
    if points.kind == "nominal":
        names = alt.Axis(labelLimit=max(LABEL_PX, width // 3), labelAngle=0, labelOverlap=True, labelSeparation=6)
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

"""The colours and fonts of charts, in the light and in the dark theme."""

from dataclasses import dataclass
from typing import Any

import altair as alt

FONT = "Arial, 'Liberation Sans', Helvetica, sans-serif"
"""Fonts of the same metrics, those that the renderer measures: its layout fits wherever one of them is installed."""

TEXT_PX = 12


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one theme, as in `static/css/tokens.css`; `series` contrast with the page by 3:1 (WCAG 1.4.11)."""

    text: str
    muted: str
    rule: str
    series: tuple[str, ...]


LIGHT = Palette(
    text="#16203a",
    muted="#505d79",
    rule="#dce1ee",
    series=("#2442a6", "#d9622b", "#12806c", "#8e3aa8", "#9a6a00", "#c22f6d", "#3f7a2a", "#0f7795", "#68748f"),
)
DARK = Palette(
    text="#e7ebf5",
    muted="#a5b0c8",
    rule="#28344f",
    series=("#8fa8ff", "#ff9f68", "#5bd3b6", "#d6a4f2", "#e8c04f", "#f78fbd", "#9fd67a", "#69cbe6", "#9aa7c2"),
)
PALETTES = {"light": LIGHT, "dark": DARK}


def vega_config(palette: Palette) -> alt.Config:
    """Return Vega-Lite's configuration for a palette: no frame, pale grid lines, a transparent background."""
    axis: dict[str, Any] = {
        "labelColor": palette.muted,
        "titleColor": palette.text,
        "labelFontSize": TEXT_PX,
        "titleFontSize": TEXT_PX,
        "titleFontWeight": 600,
        "titlePadding": 12,
        "titleLimit": 300,
        "gridColor": palette.rule,
        "domainColor": palette.rule,
        "tickColor": palette.rule,
        "labelPadding": 6,
    }
    no_lines: dict[str, Any] = {"grid": False, "ticks": False}
    return alt.Config(
        background="transparent",
        font=FONT,
        padding={"left": 24, "right": 16, "top": 8, "bottom": 8},
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(**axis),
        axisY=alt.AxisConfig(
            titleAngle=0, titleAlign="left", titleAnchor="end", titleBaseline="bottom", titleX=0, titleY=-10
        ),
        axisBand=alt.AxisConfig(**no_lines),
        axisTemporal=alt.AxisConfig(grid=False),
        legend=alt.LegendConfig(
            labelColor=palette.muted,
            titleColor=palette.text,
            labelFontSize=TEXT_PX,
            titleFontSize=TEXT_PX,
            titleFontWeight=600,
            orient="bottom",
            labelLimit=120,
            columnPadding=20,
            symbolType="circle",
            symbolStrokeWidth=3,
        ),
        range=alt.RangeConfig(category=list(palette.series)),
        bar=alt.BarConfig(color=palette.series[0]),
        line=alt.LineConfig(color=palette.series[0], strokeWidth=2.5, strokeCap="round", strokeJoin="round"),
        area=alt.AreaConfig(color=palette.series[0]),
        point=alt.MarkConfig(color=palette.series[0]),
        arc=alt.RectConfig(stroke=None),
    )

"""The first rows of a dataset, formatted for its page."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import duckdb
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datasets.models import Dataset
from datasets.rows import questions, reader

logger = logging.getLogger(__name__)

MAX_COLUMNS = 60
"""Columns of the preview: a file may have a thousand."""

MAX_CELL_CHARS = 200
"""Longer texts are cut: all of them are in the download."""

KINDS: dict[tuple[str, str], tuple[str, Promise]] = {
    ("string", ""): ("type", gettext_lazy("text")),
    ("string", "date"): ("calendar", gettext_lazy("date")),
    ("string", "date-time"): ("calendar-clock", gettext_lazy("date and time")),
    ("integer", ""): ("hash", gettext_lazy("integer")),
    ("number", ""): ("decimals-arrow-right", gettext_lazy("number")),
    ("boolean", ""): ("toggle-left", gettext_lazy("yes or no")),
}
"""Icon and name of a column's kind, by its type and format."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: its key in the API, its title, its kind and the icon of that kind."""

    key: str
    title: str
    icon: str
    kind: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as text, and whether it is aligned to the right."""

    text: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class Table:
    """All columns, and the first rows of the first `MAX_COLUMNS`; `rows` is None when they cannot be read."""

    columns: list[Heading]
    rows: list[list[Cell]] | None

    @property
    def visible_columns(self) -> list[Heading]:
        """The columns that the rows have."""
        return self.columns[:MAX_COLUMNS]


def table(dataset: Dataset) -> Table | None:
    """Return the columns and first rows of the data served; None when there is none yet."""
    if not dataset.has_data:
        return None
    try:
        preview = reader.preview(dataset)
    except (duckdb.IOException, questions.Unanswered):  # the file has just been replaced, the disk failed, or too busy
        logger.warning("the rows of dataset %s cannot be read", dataset.slug, exc_info=True)
        return Table([], None)
    columns = [_heading(column) for column in preview.columns]
    return Table(columns, [_cells(columns, row) for row in preview.rows])


def _heading(column: reader.Column) -> Heading:
    icon, kind = KINDS.get((column.type, column.format), KINDS["string", ""])
    return Heading(column.key, column.title, icon, str(kind), column.is_number)


def _cells(columns: list[Heading], row: list[Any]) -> list[Cell]:
    pairs = zip(columns[:MAX_COLUMNS], row, strict=False)
    return [Cell(_text(value), column.is_number) for column, value in pairs]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return Truncator(str(value)).chars(MAX_CELL_CHARS)

"""The parameters `size`, `page` and `skip` of lists, as in Data Fair."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from datasets.rows.filters import InvalidQuery

DEFAULT_SIZE = 10
MAX_SIZE = 1_000
MAX_WINDOW = 10_000
"""Rows that can be reached page by page, whatever the size of the pages."""

MAX_DIGITS = 9


def page_bounds(
    parameters: Mapping[str, str], *, default: int = DEFAULT_SIZE, maximum: int = MAX_SIZE
) -> tuple[int, int]:
    """Return how many items to show and how many to skip, by `size` and `skip` or `page`; raise `InvalidQuery`."""
    size = min(_number(parameters, "size", default), maximum)
    if "skip" in parameters:
        return size, _number(parameters, "skip", 0)
    return size, (_number(parameters, "page", 1, minimum=1) - 1) * size


def _number(parameters: Mapping[str, str], name: str, default: int, *, minimum: int = 0) -> int:
    text = parameters.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS and int(text) >= minimum):
        raise InvalidQuery(name, _("This is not a number from %(minimum)s.") % {"minimum": minimum})
    return int(text)

"""The rows that a request to `/lines` selects: its parameters, checked against the columns, become SQL.

Data Fair's filters on a column: `<key>_eq`, `_neq`, `_in`, `_nin` (values between commas), `_gt`, `_gte`, `_lt`,
`_lte`, `_starts`, `_contains` (ignoring case and accents), `_exists`, `_nexists`. `q` looks for words in all columns:
anywhere in texts, at the start of dates, as the whole of numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from datasets.engine import quote_identifier
from datasets.types import Json

ROW = "file_row_number"
"""The position of a row in the file, from 0: sorts rows that are equal. Unsorted rows keep the order of the file."""

COMPARISONS = {"eq": "=", "neq": "IS DISTINCT FROM", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
LISTS = {"in": "IN", "nin": "NOT IN"}
TEXTS = {"starts": "starts_with", "contains": "contains", "search": "contains"}
DATE_START = re.compile(r"\d{4}")
PRESENCE = {"exists": "IS NOT NULL", "nexists": "IS NULL"}
OPERATORS = (*COMPARISONS, *LISTS, *TEXTS, *PRESENCE)

MAX_WORDS, MAX_FILTERS, MAX_VALUES, MAX_CHARS = 20, 20, 200, 2_000
"""Of one question: words of `q`, filters, values of one list, and characters of all that but `select`."""

Value = str | int | float | bool | datetime


class InvalidQuery(Exception):
    """A parameter of the request is invalid: `field` is its name, `message` says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class RowQuery:
    """Which columns and rows to read, in which order.

    `where` is SQL with a `?` for each of `values`, `order` the terms of ORDER BY; both may be empty. `filters` are the
    parameters that were understood as filters.
    """

    columns: list[Json]
    where: str
    values: list[Value]
    order: str
    filters: dict[str, str]

    @property
    def is_filtered(self) -> bool:
        """Whether it may leave out some rows."""
        return bool(self.where)


def build_query(schema: list[Json], parameters: Mapping[str, str]) -> RowQuery:
    """Return the query for `select`, `sort`, `q` and the filters in `parameters`; raise `InvalidQuery`."""
    by_key = {column["key"]: column for column in schema}
    if parameters.get("qs"):
        raise InvalidQuery("qs", _("This syntax is not supported: use filters such as %(example)s.") % _example(schema))
    _check_length(parameters)
    conditions: list[str] = []
    values: list[Value] = []
    filters: dict[str, str] = {}
    for name, text in parameters.items():
        parsed = _filter(name, text, by_key)
        if parsed is not None:
            conditions.append(parsed[0])
            values.extend(parsed[1])
            filters[name] = text
            check_number(name, len(filters), MAX_FILTERS, _("At most %(maximum)s filters can be combined."))
    words = parameters.get("q", "").split()
    check_number("q", len(words), MAX_WORDS, _("At most %(maximum)s words can be looked for at once."))
    for word in words:
        condition, terms = _in_any_column(word, schema)
        conditions.append(condition)
        values.extend(terms)
        filters["q"] = parameters["q"]
    return RowQuery(
        columns=_selected_columns(parameters.get("select", ""), by_key),
        where=" AND ".join(conditions),
        values=values,
        order=_order(parameters.get("sort", ""), by_key),
        filters=filters,
    )


def _check_length(parameters: Mapping[str, str]) -> None:
    asked = {name: len(text) for name, text in parameters.items() if name in {"q", "sort"} or _operator(name)}
    if asked:
        message = _("The question is too long: at most %(maximum)s characters.")
        check_number(max(asked, key=lambda name: asked[name]), sum(asked.values()), MAX_CHARS, message)


def check_number(field: str, number: int, maximum: int, message: str) -> None:
    """Raise `InvalidQuery` with the `message`, which names the `%(maximum)s`, when `number` is beyond it."""
    if number > maximum:
        raise InvalidQuery(field, message % {"maximum": maximum})


def _operator(name: str) -> str:
    """Return the operator of a parameter such as `age_gte`; empty for one that is no filter."""
    key, _sep, operator = name.rpartition("_")
    return operator if key and operator in OPERATORS else ""


def _example(schema: list[Json]) -> dict[str, str]:
    return {"example": f"{schema[0]['key'] if schema else 'column'}_eq=…"}


def _column(field: str, key: str, by_key: Mapping[str, Json]) -> Json:
    if key not in by_key:
        raise InvalidQuery(field, _("There is no column “%(column)s”.") % {"column": key[:100]})
    return by_key[key]


def _filter(name: str, text: str, by_key: Mapping[str, Json]) -> tuple[str, list[Value]] | None:
    """Return the condition and values of a parameter such as `age_gte`, or None for one that is no filter."""
    operator = _operator(name)
    if not operator:
        return None
    key = name.removesuffix(f"_{operator}")
    column = _column(name, key, by_key)
    sql = quote_identifier(key)
    if operator in PRESENCE:
        return f"{sql} {PRESENCE[operator]}", []
    if operator in TEXTS:
        return f"{TEXTS[operator]}(strip_accents(lower({sql}::VARCHAR)), strip_accents(lower(?)))", [text]
    if operator in LISTS:
        texts = text.split(",")
        check_number(name, len(texts), MAX_VALUES, _("At most %(maximum)s values can be listed."))
        parts: list[Value] = [_value(name, part, column) for part in texts]
        listed = f"{sql} {LISTS[operator]} ({', '.join('?' * len(parts))})"
        return (listed if operator == "in" else f"({sql} IS NULL OR {listed})"), parts
    return f"{sql} {COMPARISONS[operator]} ?", [_value(name, text, column)]


def _value(name: str, text: str, column: Json) -> Value:
    """Return `text` as a value of the column's type; raise `InvalidQuery`."""
    try:
        if column["type"] in {"integer", "number"}:
            return _number(text)
        if column["type"] == "boolean":
            return {"true": True, "false": False, "1": True, "0": False}[text.strip().lower()]
        if column.get("format"):
            moment = datetime.fromisoformat(text.strip())
            return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, KeyError, OverflowError):
        message = _("“%(value)s” is not a value of the column “%(column)s”.")
        raise InvalidQuery(name, message % {"value": text[:100], "column": column["title"][:100]}) from None
    return text


def _number(text: str) -> float:
    number = float(text.strip().replace(",", "."))
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _in_any_column(word: str, schema: list[Json]) -> tuple[str, list[Value]]:
    """Return the condition that some column contains `word`, and its values.

    One term for each column rather than one for their concatenation: DuckDB then evaluates it once for each distinct
    value of a dictionary-encoded column.
    """
    conditions: list[str] = []
    values: list[Value] = []
    for column in schema:
        sql = quote_identifier(column["key"])
        if column["type"] == "string" and "format" not in column:
            conditions.append(f"contains(strip_accents(lower({sql})), strip_accents(lower(?)))")
            values.append(word)
        elif "format" in column and DATE_START.match(word):
            conditions.append(f"starts_with({sql}::VARCHAR, ?)")
            values.append(word.replace("T", " "))
        elif column["type"] in {"integer", "number"} and (number := _number_or_none(word)) is not None:
            conditions.append(f"{sql} = ?")
            values.append(number)
    return f"({' OR '.join(conditions)})" if conditions else "false", values


def _number_or_none(word: str) -> float | None:
    try:
        return _number(word)
    except ValueError:
        return None


def _selected_columns(select: str, by_key: Mapping[str, Json]) -> list[Json]:
    keys = [key for part in select.split(",") if (key := part.strip()) and key != "_i"]
    return [_column("select", key, by_key) for key in dict.fromkeys(keys)] or list(by_key.values())


def _order(sort: str, by_key: Mapping[str, Json]) -> str:
    """Return the ORDER BY terms of `age:-1,name:1` (Data Fair 2021) or `-age,name` (since)."""
    order = []
    for part in filter(None, (part.strip() for part in sort.split(","))):
        key, _sep, direction = part.partition(":")
        if direction not in {"", "1", "-1"}:
            raise InvalidQuery("sort", _("Sort as in %(example)s.") % {"example": "name:1,age:-1"})
        descending = direction == "-1" or (not direction and key.startswith("-"))
        key = key.removeprefix("-") if not direction else key
        sql = ROW if key == "_i" else quote_identifier(_column("sort", key, by_key)["key"])
        order.append(f"{sql} {'DESC' if descending else 'ASC'} NULLS LAST")
    return ", ".join([*order, ROW]) if order else ""

"""Which rows are asked for: the query of `/lines`, checked against the columns, as SQL and its parameters.

Data Fair's filters on a column: `<key>_eq`, `_neq`, `_in`, `_nin` (values between commas), `_gt`, `_gte`, `_lt`,
`_lte`, `_starts`, `_contains` (whatever the case and accents), `_exists`, `_nexists`. `q` looks for words in all
columns: in texts anywhere, in dates at the start, for numbers the whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from datasets.engine import identifier

ROW = "file_row_number"
"""Where a row stands in the file, from 0: what decides between equals. Without an order, DuckDB keeps the file's."""

COMPARISONS = {"eq": "=", "neq": "IS DISTINCT FROM", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
LISTS = {"in": "IN", "nin": "NOT IN"}
TEXTS = {"starts": "starts_with", "contains": "contains", "search": "contains"}
DATE_START = re.compile(r"\d{4}")
PRESENCE = {"exists": "IS NOT NULL", "nexists": "IS NULL"}
OPERATORS = (*COMPARISONS, *LISTS, *TEXTS, *PRESENCE)

JsonColumn = dict[str, Any]  # Any: JSON, a column of a dataset's schema
Value = str | int | float | bool | datetime


class WrongQuestion(Exception):
    """A parameter makes no sense here: `field` is its name, `sentence` says why."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Question:
    """Columns, condition (SQL, with a `?` for each of `values`) and order (may be empty) of the rows asked for."""

    columns: list[JsonColumn]
    where: str
    values: list[Value]
    order: str
    filters: dict[str, str]

    @property
    def is_filtered(self) -> bool:
        """Tell whether some rows may be left out."""
        return bool(self.where)


def ask(schema: list[JsonColumn], query: Mapping[str, str]) -> Question:
    """Read `select`, `sort`, `q` and the filters of `query`; raise `WrongQuestion` for what is no column or value."""
    by_key = {column["key"]: column for column in schema}
    if query.get("qs"):
        raise WrongQuestion(
            "qs", _("This syntax is not supported: use filters such as %(example)s.") % _example(schema)
        )
    conditions: list[str] = []
    values: list[Value] = []
    filters = {}
    for name, text in query.items():
        parsed = _filter(name, text, by_key)
        if parsed is not None:
            conditions.append(parsed[0])
            values.extend(parsed[1])
            filters[name] = text
    for word in query.get("q", "").split():
        condition, terms = _anywhere(word, schema)
        conditions.append(condition)
        values.extend(terms)
        filters["q"] = query["q"]
    return Question(
        columns=_selected(query.get("select", ""), by_key),
        where=" AND ".join(conditions),
        values=values,
        order=_order(query.get("sort", ""), by_key),
        filters=filters,
    )


def _example(schema: list[JsonColumn]) -> dict[str, str]:
    return {"example": f"{schema[0]['key'] if schema else 'column'}_eq=…"}


def _column(field: str, key: str, by_key: Mapping[str, JsonColumn]) -> JsonColumn:
    if key not in by_key:
        raise WrongQuestion(field, _("There is no column “%(column)s”.") % {"column": key[:100]})
    return by_key[key]


def _filter(name: str, text: str, by_key: Mapping[str, JsonColumn]) -> tuple[str, list[Value]] | None:
    """Give the condition of a parameter such as `age_gte`, or None for a parameter that is no filter."""
    key, _sep, operator = name.rpartition("_")
    if not key or operator not in OPERATORS:
        return None
    column = _column(name, key, by_key)
    sql = identifier(key)
    if operator in PRESENCE:
        return f"{sql} {PRESENCE[operator]}", []
    if operator in TEXTS:
        return f"{TEXTS[operator]}(strip_accents(lower({sql}::VARCHAR)), strip_accents(lower(?)))", [text]
    if operator in LISTS:
        parts: list[Value] = [_value(name, part, column) for part in text.split(",")]
        listed = f"{sql} {LISTS[operator]} ({', '.join('?' * len(parts))})"
        return (listed if operator == "in" else f"({sql} IS NULL OR {listed})"), parts
    return f"{sql} {COMPARISONS[operator]} ?", [_value(name, text, column)]


def _value(name: str, text: str, column: JsonColumn) -> Value:
    """Read a value of the column's type; raise `WrongQuestion`."""
    try:
        if column["type"] in {"integer", "number"}:
            return _number(text)
        if column["type"] == "boolean":
            return {"true": True, "false": False, "1": True, "0": False}[text.strip().lower()]
        if column.get("format"):
            moment = datetime.fromisoformat(text.strip())
            return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, KeyError, OverflowError):
        sentence = _("“%(value)s” is not a value of the column “%(column)s”.")
        raise WrongQuestion(name, sentence % {"value": text[:100], "column": column["title"][:100]}) from None
    return text


def _number(text: str) -> float:
    number = float(text.strip().replace(",", "."))
    if number - number != 0:  # infinite, or not a number
        raise ValueError(text)
    return number


def _anywhere(word: str, schema: list[JsonColumn]) -> tuple[str, list[Value]]:
    """Give the condition that some column holds `word`.

    A column at a time, so that DuckDB looks once at each different text of a column that repeats itself.
    """
    conditions: list[str] = []
    values: list[Value] = []
    for column in schema:
        sql = identifier(column["key"])
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


def _selected(select: str, by_key: Mapping[str, JsonColumn]) -> list[JsonColumn]:
    keys = [key for part in select.split(",") if (key := part.strip()) and key != "_i"]
    return [_column("select", key, by_key) for key in dict.fromkeys(keys)] or list(by_key.values())


def _order(sort: str, by_key: Mapping[str, JsonColumn]) -> str:
    """Read `age:-1,name:1` (Data Fair 2021) or `-age,name` (since)."""
    terms = []
    for part in filter(None, (part.strip() for part in sort.split(","))):
        key, _sep, way = part.partition(":")
        if way not in {"", "1", "-1"}:
            raise WrongQuestion("sort", _("Sort as in %(example)s.") % {"example": "name:1,age:-1"})
        descending = way == "-1" or (not way and key.startswith("-"))
        key = key.removeprefix("-") if not way else key
        sql = ROW if key == "_i" else identifier(_column("sort", key, by_key)["key"])
        terms.append(f"{sql} {'DESC' if descending else 'ASC'} NULLS LAST")
    return ", ".join([*terms, ROW]) if terms else ""

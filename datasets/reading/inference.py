"""The type of a column: the first that all its values match. A conversion may lose nothing but formatting.

`01000` is no integer (it is a post code), nor is a number of 16 digits, which JSON readers would round. `01/02/2024` is
a date only in a column where some day is past the 12th.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from datasets.types import Json

SAMPLE_VALUES = 200_000
"""Values read to guess the types, whatever the number of columns; the guesses are then checked on the whole file."""

DIGITS = r"(0|[1-9][0-9]{0,14})"
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of column: the pattern of its texts (RE2 and Python), the SQL that converts one, and its JSON Schema.

    `{}` stands for the column in `cast`, which must yield NULL for what it cannot convert, and in `proof`, a condition
    that at least one value must meet.
    """

    name: str
    pattern: str
    cast: str
    schema: dict[str, str]
    proof: str = ""

    def may_be(self, values: list[str]) -> bool:
        """Return whether all of `values` match the pattern."""
        matches = re.compile(self.pattern).fullmatch
        return all(matches(value) for value in values)

    def check(self, column: str) -> str:
        """Return an SQL aggregate: true when every value of `column` is of this type, NULL when it has no value."""
        cast = self.cast.format(column)
        holds = (
            f"bool_and(regexp_full_match({column}, '{self.pattern}') AND {cast} IS NOT NULL)"
            f" FILTER ({column} IS NOT NULL)"
        )
        return f"({holds} AND bool_or({self.proof.format(column)}))" if self.proof else holds


INTEGER = Kind("integer", "0|-?[1-9][0-9]{0,14}", "TRY_CAST({} AS BIGINT)", {"type": "integer"})
STRING = Kind("string", ".*", "{}", {"type": "string"})
KINDS = (
    Kind("boolean", "(?i:true|false)", "TRY_CAST({} AS BOOLEAN)", {"type": "boolean"}),
    INTEGER,
    Kind(
        "number",
        rf"-?({DIGITS}(\.[0-9]+)?|\.[0-9]+)([eE][-+]?[0-9]{{1,2}})?",
        "TRY_CAST({} AS DOUBLE)",
        {"type": "number"},
    ),
    Kind("decimal_comma", f"-?{DIGITS}(,[0-9]+)?", "TRY_CAST(replace({}, ',', '.') AS DOUBLE)", {"type": "number"}),
    Kind("date", DAY, "TRY_CAST({} AS DATE)", {"type": "string", "format": "date"}),
    Kind(
        "day_first",
        "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}",
        "CAST(TRY_STRPTIME({}, '%d/%m/%Y') AS DATE)",
        {"type": "string", "format": "date"},
        proof="TRY_STRPTIME({}, '%m/%d/%Y') IS NULL",
    ),
    Kind("date_time", f"{DAY}[T ]{TIME}", "TRY_CAST({} AS TIMESTAMP)", {"type": "string", "format": "date-time"}),
    Kind(
        "instant",
        f"{DAY}[T ]{TIME}(Z|[-+][0-9]{{2}}:[0-9]{{2}})",
        "CAST(TRY_CAST({} AS TIMESTAMPTZ) AS TIMESTAMP)",
        {"type": "string", "format": "date-time", "timeZone": "UTC"},
    ),
)


def candidates(values: list[str], *, delimiter: str) -> list[Kind]:
    """Return the types that a column may have by a sample of its values (no empty ones), the strictest first."""
    kinds = [kind for kind in KINDS if kind.may_be(values)]
    # In a file delimited by commas, a quoted "1,234" is more likely a thousand than a decimal.
    return [kind for kind in kinds if not (kind.name == "decimal_comma" and delimiter == ",")]


def first_match(kinds: list[Kind], results: list[bool | None]) -> Kind:
    """Return the first of `kinds` whose check is true; a column without values (all results None) is text."""
    return next((kind for kind, matches in zip(kinds, results, strict=True) if matches), STRING)


def column_schema(*, key: str, name: str, kind: Kind) -> Json:
    """Return the description of a column, as in Data Fair's schemas."""
    return {"key": key, "title": name, "x-originalName": name, **kind.schema}

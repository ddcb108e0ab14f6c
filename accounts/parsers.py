"""The one parser of JSON bodies: it refuses, once for all routes, what could not be stored or shown again."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from accounts.errors import TooLarge

MAX_DEPTH = 32
"""Levels of objects and lists in one another: ours need six, and what walks a document recursively bears many more."""


class StrictJSONParser(JSONParser):
    r"""JSON in UTF-8 (RFC 8259), of bounded size and depth, without NaN or lone surrogates (`"\ud800"`).

    Neither PostgreSQL nor an answer in UTF-8 can hold these. Its errors are in the caller's language.
    """

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the document; raise ParseError, or `TooLarge` however long the request claims to be."""
        maximum = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body: bytes = stream.read(maximum + 1)
        if len(body) > maximum:
            raise TooLarge
        document = _document(body)
        if _is_deeper(document, MAX_DEPTH):
            _refuse_depth()
        try:
            json.dumps(document, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ParseError(_("The JSON of the request holds half a character, such as “\\ud800” alone.")) from None
        return document


def _document(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), parse_constant=_refuse_constant, parse_float=_finite)
    except UnicodeDecodeError:
        raise ParseError(_("The request is not encoded in UTF-8.")) from None
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        raise ParseError(_("The request is not JSON: see line %(line)s, column %(column)s.") % where) from None
    except RecursionError:
        _refuse_depth()
    except ValueError:  # an integer with more digits than Python reads
        _refuse_constant("")


def _is_deeper(document: object, depth: int) -> bool:
    """Return whether `document` has more than `depth` levels; one level after the other, without recursion."""
    level: list[Any] = [document]
    for _level in range(depth + 1):
        level = [one for one in level if isinstance(one, dict | list)]
        if not level:
            return False
        level = [one for parent in level for one in (parent.values() if isinstance(parent, dict) else parent)]
    return True


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_constant(text)


def _refuse_constant(_constant: str) -> NoReturn:
    raise ParseError(_("The JSON of the request holds a number that cannot be kept, such as NaN or 1e999."))


def _refuse_depth() -> NoReturn:
    depth = {"maximum": MAX_DEPTH}
    raise ParseError(_("The JSON of the request is nested in more than %(maximum)s levels.") % depth)

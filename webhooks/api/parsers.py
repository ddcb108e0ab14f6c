"""A JSON parser for documents whose texts are stored and shown again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class UnicodeJSONParser(JSONParser):
    r"""JSON without lone surrogates (`"\ud800"`), which neither PostgreSQL nor an answer in UTF-8 can hold."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the document; raise ParseError."""
        document = super().parse(stream, media_type, parser_context)
        try:
            json.dumps(document, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ParseError(f"JSON parse error - {error}") from None
        return document

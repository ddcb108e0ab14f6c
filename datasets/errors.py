"""Why a file cannot be read: a code, which is stored, and a sentence that a person understands."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, Promise] = {
    "empty": _("The file is empty."),
    "workbook": _("The file is a workbook or an archive, not a text: export it as CSV, then upload that."),
    "other_format": _("The file is JSON, XML or HTML, not CSV."),
    "binary": _("The file is not a text: upload a CSV file."),
    "no_rows": _("The file has column names but no rows."),
    "duplicate_column": _("The file contains the column “%(column)s” several times."),
    "too_wide": _("The file has %(found)s columns; at most %(maximum)s are accepted."),
    "ragged": _("Line %(line)s has %(found)s values, but the file has %(expected)s columns."),
    "quotes": _("Line %(line)s: a quotation mark is missing or is one too many."),
    "long_line": _("Line %(line)s is longer than %(maximum)s megabytes."),
    "line": _("Line %(line)s cannot be read."),
    "not_csv": _("The file cannot be read as CSV."),
    "too_heavy": _("Reading this file takes more memory than the service may use: split it, or shorten its lines."),
    "interrupted": _("The service was interrupted %(attempts)s times while it read this file: upload it again."),
    "failed": _("The service failed while it read this file: upload it again, or tell the operator."),
}


class Unreadable(Exception):
    """The file is at fault: `code` is a key of SENTENCES, `params` (JSON) what its sentence names."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def sentence(code: str, params: dict[str, Any]) -> str:  # Any: JSON
    """Say `code` in the active language; a code that nobody knows any more is said as a failure of ours."""
    known = SENTENCES.get(code)
    return str(known) % params if known is not None else str(SENTENCES["failed"])


lazy_sentence = lazy(sentence, str)
"""The same, said in the language that is active when it is read."""

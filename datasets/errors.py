"""Why a file cannot be read: a code, which is stored, and the message that people read."""

from __future__ import annotations

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _

from datasets.types import Json

MESSAGES: dict[str, Promise] = {
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


class UnreadableFile(Exception):
    """The file cannot be read: `code` is a key of MESSAGES, `params` the values that its message names."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def error_message(code: str, params: Json) -> str:
    """Return the message of `code` in the active language, or that of `failed` for a code that is no longer known."""
    message = MESSAGES.get(code)
    return str(message) % params if message is not None else str(MESSAGES["failed"])


lazy_error_message = lazy(error_message, str)
"""The same, translated when it is shown."""

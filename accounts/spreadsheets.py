"""Text in files that people open with a spreadsheet: none of it is taken for a formula.

Excel and LibreOffice run a cell that begins with one of `= + - @` (full-width, too), after blanks and quotes as well,
or with a tab or the end of a line (https://owasp.org/www-community/attacks/CSV_Injection). An apostrophe before it
makes it a text. Within a text one is needed wherever a spreadsheet may begin another cell: after a semicolon, which
separates columns in Europe, whatever the file says, after a tab, and after the end of a line.
"""

import re

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_BLANKS = (
    "\\x00-\\x08\\x0b\\x0c\\x0e-\\x20\\x7f\x80-\xa0\u1680\u180e\u2000-\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
_QUOTES = "\"'`\xab\xbb\u2018\u2019\u201c\u201d"

APOSTROPHES = (
    (rf"(^|[;\t\r\n])([{_BLANKS}{_QUOTES}]*[{_SIGNS}])", r"\1'\2"),
    (r"^([\t\r\n])", r"'\1"),
)
"""Regular expressions and their replacements, to be applied in this order; Python and DuckDB (RE2) read them alike."""


def as_text(cell: str) -> str:
    """Return `cell` with an apostrophe before whatever would begin a formula."""
    for pattern, replacement in APOSTROPHES:
        cell = re.sub(pattern, replacement, cell)
    return cell

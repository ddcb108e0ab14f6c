"""Checks that are switched off stay few and say why; docstrings say what a thing is."""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.quality.files import files, modules, name

MAX_REMARKS = 40
"""All `type: ignore` and `noqa` of the repository together."""

REMARK = re.compile(r"#\s*(?:type:\s*ignore|noqa)\b")
WITH_REASON = re.compile(r"#\s*(?:type:\s*ignore\[[\w, -]+\]\s+#\s*\w.+|noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*\s+-- \w.+)")


def _remarks() -> list[tuple[str, str]]:
    """Return where a check is switched off, and the comment that does it."""
    return [
        (f"{name(path)}:{line}", comment)
        for path in files("*.py")
        for line, comment in _comments(path)
        if REMARK.search(comment)
    ]


def _comments(path: Path) -> Iterator[tuple[int, str]]:
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def _docstrings(path: Path) -> Iterator[str]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, documented) and (text := ast.get_docstring(node)):
            yield text


def test_few_checks_are_switched_off():
    found = [place for place, _comment in _remarks()]

    assert len(found) <= MAX_REMARKS, f"{len(found)}: {found}"


def test_every_check_that_is_switched_off_says_why():
    assert [(place, comment) for place, comment in _remarks() if not WITH_REASON.search(comment)] == []


def test_no_docstring_begins_with_give():
    giving = [(name(path), text.splitlines()[0]) for path in modules() for text in _docstrings(path)]

    assert [(path, line) for path, line in giving if line.startswith("Give ")] == []

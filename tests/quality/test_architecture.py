"""What docs/architecture.md names exists."""

import ast
import re

from tests.quality.files import ROOT

TEXT = (ROOT / "docs/architecture.md").read_text()
PATH = re.compile(r"`((?:accounts|config|datasets|docs|locale|scripts|tests|webhooks)/[\w./]*)`")
NAMES = re.compile(r"`([\w/]+\.py)`((?:,? (?:or )?`[A-Za-z_][\w.]*`)+)")


def _defined(path: str) -> set[str]:
    """Return the names of a module's classes and functions, and of their methods as `Class.method`."""
    names: set[str] = set()
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
            inner = node.body if isinstance(node, ast.ClassDef) else []
            names |= {f"{node.name}.{one.name}" for one in inner if isinstance(one, ast.FunctionDef)}
    return names


def test_every_file_and_folder_exists():
    named = set(PATH.findall(TEXT))
    assert len(named) > 60
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_every_function_and_class_is_where_it_is_said_to_be():
    said = [(path, name) for path, names in NAMES.findall(TEXT) for name in re.findall(r"`([\w.]+)`", names)]
    assert len(said) > 40
    assert [(path, name) for path, name in said if name not in _defined(path)] == []


def test_every_room_is_on_the_map():
    folders = {
        f"{room}/{path.parent.name}/"
        for room in ("datasets", "webhooks")
        for path in (ROOT / room).glob("*/__init__.py")
        if path.parent.name not in {"migrations", "templatetags"}
    }
    assert sorted(folders - set(PATH.findall(TEXT))) == []

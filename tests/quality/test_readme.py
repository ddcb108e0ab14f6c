"""README.md and .env.example name every variable that the settings read."""

import re

from tests.quality.files import ROOT

READ = re.compile(r"\benv(?:\.\w+)?\(\s*\"([A-Z][A-Z0-9_]*)\"")


def _read():
    return set(READ.findall((ROOT / "config/settings.py").read_text()))


def test_the_readme_names_every_variable():
    told = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", (ROOT / "README.md").read_text()))
    assert len(_read()) > 15
    assert _read() - told == set()


def test_the_example_of_an_environment_names_every_variable():
    shown = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert _read() ^ shown == set()

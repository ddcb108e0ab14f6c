"""docs/security-tests.md tells the numbers that the tests have."""

import csv
import json
import re
import tomllib

from django.test import Client

from tests.flows.test_audit import ACTS
from tests.fuzz.portal import Portal
from tests.quality.files import ROOT
from tests.zoo.conftest import ANIMALS, FAMILIES

TOLD = (ROOT / "docs/security-tests.md").read_text()


def _told(pattern: str) -> tuple[int, ...]:
    """Return the numbers that stand in the one place of the document that `pattern` describes."""
    (found,) = re.findall(pattern, TOLD)
    return tuple(map(int, found if isinstance(found, tuple) else (found,)))


def test_the_animals_are_counted() -> None:
    assert _told(r"(\d+) animals in (\d+) families") == (sum(len(ANIMALS[one]) for one in FAMILIES), len(FAMILIES))


def test_the_urls_are_counted() -> None:
    urls = json.loads((ROOT / "tests/webhooks/egress/urls.json").read_text())

    assert [int(number) for number in re.findall(r"(\d+) URLs", TOLD)] == [
        len(urls["hostile"]),
        len(urls["legitimate"]),
    ]


def test_the_tenancy_table_is_counted() -> None:
    with (ROOT / "tests/config/tenancy.csv").open(newline="") as file:
        table = csv.DictReader(file)
        rows = list(table)
    callers = set(rows[0]) - {"route", "method", "about", "writes"}

    told = _told(r"(\d+) rows for (\d+) routes and (\d+) callers")
    assert told == (len(rows), len({row["route"] for row in rows}), len(callers))


def test_the_operations_of_the_api_are_counted(db: None) -> None:
    paths = Client().get("/api/v1/openapi.json").json()["paths"]

    told = _told(r"(\d+) operations for (\d+) roles")
    assert told == (sum(map(len, paths.values())), len(Portal.ROLES))


def test_the_acts_of_the_audit_are_counted() -> None:
    assert _told(r"(\d+) acts \|") == (len(ACTS),)


def test_the_pure_modules_are_counted() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (pure,) = (one for one in contracts if one["name"].startswith("pure modules"))

    assert _told(r"(\d+) modules \|") == (len(pure["source_modules"]),)

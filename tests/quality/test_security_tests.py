"""The numbers of docs/security-tests.md are those of the tests, and what SECURITY.md names exists."""

import ast
import csv
import json
import re

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.config.tenants import CALLERS
from tests.config.test_hostile_bodies import BODIES
from tests.flows.test_audit import ACTS
from tests.fuzz.portal import Portal
from tests.fuzz.test_pages import FORMS, ROUTES
from tests.quality.files import ROOT
from tests.webhooks.egress.test_policy import METADATA_ADDRESSES, SPELLINGS_OF_IPV4, SPELLINGS_OF_IPV6

TEXT = (ROOT / "docs/security-tests.md").read_text()
ROW = re.compile(r"^\| (?P<what>[^|]+) \| (?P<number>[\d,]+) \| `(?P<where>[\w/.]+)` \|$", re.MULTILINE)
METHODS = {"get", "post", "put", "patch", "delete"}


def _rows(path: str) -> list[dict[str, str]]:
    with (ROOT / path).open(newline="") as file:
        return list(csv.DictReader(file))


def _animals() -> int:
    """Return how many classes of the zoo say what their fate must be, as `Animal` counts them."""
    classes = [
        node
        for path in (ROOT / "tests/zoo").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]
    return sum(any(_assigns(line, "fate") for line in one.body) for one in classes)


def _assigns(line: ast.stmt, name: str) -> bool:
    if isinstance(line, ast.AnnAssign):
        return line.value is not None and isinstance(line.target, ast.Name) and line.target.id == name
    return isinstance(line, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in line.targets)


def _counted() -> list[int]:
    """Return the numbers of the first table, in its order."""
    rows = _rows("tests/config/tenancy.csv")
    urls = json.loads((ROOT / "tests/webhooks/egress/urls.json").read_text())
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"].values()
    return [
        _animals(),
        len({row["route"] for row in rows}),
        len(rows),
        len(CALLERS),
        len(rows) * len(CALLERS),
        sum(len(METHODS & operations.keys()) for operations in paths),
        len(Portal.ROLES),
        len(ROUTES),
        len(FORMS),
        len(_rows("tests/fuzz/parsers.csv")),
        len(BODIES),
        len(urls["hostile"]),
        len(urls["legitimate"]),
        len({*SPELLINGS_OF_IPV4, *SPELLINGS_OF_IPV6, *METADATA_ADDRESSES}),
        len(ACTS),
    ]


def test_the_numbers_are_those_of_the_tests():
    said = [(found["what"], int(found["number"].replace(",", ""))) for found in ROW.finditer(TEXT)]
    assert said == [(what, number) for (what, _said), number in zip(said, _counted(), strict=True)]


def test_the_requests_to_the_api_are_operations_by_roles_by_examples():
    operations, roles = _counted()[5:7]
    [suites, fuzz] = re.findall(r"× roles × examples \| ([\d,]+) \| ([\d,]+) \|", TEXT)[0]
    assert (suites, fuzz) == (f"{operations * roles * 2:,}", f"{operations * roles * 25:,}")


@pytest.mark.parametrize("document", ["SECURITY.md", "docs/security-tests.md"])
def test_every_file_and_folder_exists(document):
    text = (ROOT / document).read_text()
    named = set(re.findall(r"`(tests/[\w/.]+)`", text))
    linked = {(ROOT / document).parent / link for link in re.findall(r"\]\(([\w/.-]+)\)", text)}

    assert len(named) > 10
    assert sorted(path for path in named if not (ROOT / path).exists()) == []
    assert sorted(str(path) for path in linked if not path.exists()) == []

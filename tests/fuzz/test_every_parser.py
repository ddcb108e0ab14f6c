"""`parsers.csv` names all that reads what strangers send, and the test by hypothesis that says what must hold."""

import ast
import csv
import re

import pytest

from tests.quality.files import ROOT, modules, name

with (ROOT / "tests/fuzz/parsers.csv").open(newline="") as file:
    PARSERS = list(csv.DictReader(file))

READS = re.compile(
    r"json\.loads\(|signing\.loads\(|fromisoformat\(|parsedate_to_datetime\(|b64decode\(|get_signed_cookie\(|csv\.reader\("
    r"|ip_address\(|UUID\(.*(text|term)|body\.decode\("
)
OURS = {
    "webhooks/delivery/claim.py": "the database",
    "webhooks/encryption/sealing.py": "the database",
    "webhooks/forms/seen.py": "ourselves: it is signed",
    "webhooks/admin.py": "operators",
    "webhooks/egress/networks.py": "`Url`, which has parsed it",
}
"""Modules that read so what no stranger wrote, and who did."""


def _names(module: str) -> set[str]:
    tree = ast.parse((ROOT / module).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}


@pytest.mark.parametrize("row", PARSERS, ids=lambda row: row["parser"])
def test_the_parser_and_its_test_exist(row):
    text = (ROOT / row["tests"]).read_text()

    assert row["parser"] in _names(row["module"])
    assert re.search(rf"@given\((?:(?!\ndef ).)*\ndef {row['test']}\(", text, re.DOTALL)


def test_no_module_that_reads_is_forgotten():
    rooms = [path for path in modules() if name(path).split("/")[0] in {"accounts", "webhooks", "datasets"}]
    reading = {name(path) for path in rooms if READS.search(path.read_text())}

    assert sorted(reading - OURS.keys() - {row["module"] for row in PARSERS}) == []
    assert sorted(OURS.keys() - reading) == []

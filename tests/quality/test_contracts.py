"""Each contract between the rooms bites: a module that breaks it is found."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.quality.files import ROOMS, ROOT, modules, name

BREAKS = {
    "config → datasets → webhooks → accounts": ("accounts/principal.py", "webhooks.signing"),
    "datasets knows only the public face of webhooks": ("datasets/slugs.py", "webhooks.wakeup"),
    "inside webhooks: pure, then models, then verbs, then edges": ("webhooks/signing.py", "webhooks.models.event"),
    "inside datasets: pure, then models, then verbs, then edges": ("datasets/engine.py", "datasets.models.dataset"),
    "pure modules know neither Django nor a network, a database or a broker": (
        "webhooks/delivery/retry.py",
        "django.utils.timezone",
    ),
    "no HTTP in delivery: egress sends": ("webhooks/delivery/sender.py", "pycurl"),
    "the edges see of delivery what is meant for them": ("webhooks/views/detail.py", "webhooks.delivery.claim"),
    "targets do not know one another": ("webhooks/targets/matomo.py", "webhooks.targets.http"),
}
"""Of each contract, a module and what it must not import."""


def broken(folder: Path) -> list[str]:
    """Return the names of the contracts that import-linter finds broken in `folder`."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=120)
    return re.findall(r"^(.+) BROKEN\b", done.stdout, re.MULTILINE)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """Return a copy of the rooms, to be broken."""
    folder = tmp_path_factory.mktemp("rooms")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_every_contract_is_kept_and_has_its_break(copy):
    assert broken(copy) == []
    assert (ROOT / "pyproject.toml").read_text().count("[[tool.importlinter.contracts]]") == len(BREAKS)


@pytest.mark.parametrize("contract", BREAKS)
def test_a_contract_bites(copy, contract):
    path, imported = BREAKS[contract]
    module = copy / path
    whole = module.read_text()
    module.write_text(f"{whole}\nimport {imported}\n")
    try:
        assert contract in broken(copy)
    finally:
        module.write_text(whole)


def test_a_module_that_calls_itself_pure_is_held_to_it():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (held,) = [contract["source_modules"] for contract in contracts if contract["name"].startswith("pure modules")]

    claims = {
        name(path).removesuffix(".py").replace("/", ".")
        for path in modules()
        if re.search(r"\bpure\b", (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n\n")[0])
        and not name(path).endswith("__init__.py")
        and not name(path).startswith("tests/")
    }
    assert claims - set(held) == set()

"""Bandit judges the rooms, and what it leaves out is judged by ruff, line by line."""

import re
import subprocess
import sys
import tomllib

from tests.quality.files import ROOT

PYPROJECT = ROOT / "pyproject.toml"


DANGEROUS = """
import hashlib, pickle, subprocess
import requests
from django.utils.safestring import mark_safe
subprocess.run("ls " + name, shell=True)
pickle.loads(body)
requests.get("https://example.org", verify=False, timeout=1)
hashlib.md5(body)
mark_safe(title)
"""


def test_bandit_finds_what_is_dangerous_as_it_is_configured(tmp_path):
    """`make lint` has it judge the rooms."""
    (tmp_path / "module.py").write_text(DANGEROUS)
    command = [sys.executable, "-m", "bandit", "--quiet", "--configfile", str(PYPROJECT), "--recursive", str(tmp_path)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert set(re.findall(r"\[(B\d+):", done.stdout)) >= {"B301", "B308", "B324", "B501", "B602"}


def test_what_bandit_leaves_out_is_judged_by_ruff():
    tools = tomllib.loads(PYPROJECT.read_text())["tool"]
    left_out = {f"S{number[1:]}" for number in tools["bandit"]["skips"]}

    assert "S" in tools["ruff"]["lint"]["select"]
    assert left_out == {"S105", "S311", "S608"}
    assert left_out.isdisjoint(tools["ruff"]["lint"]["ignore"])

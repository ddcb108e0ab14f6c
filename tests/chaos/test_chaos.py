"""The fault injection, in its short form."""

import subprocess
import sys

import pytest

from scripts.services import end_with_parent
from tests.quality.files import ROOT


@pytest.mark.services
def test_nothing_is_lost_while_couriers_broker_and_database_are_killed():
    done = subprocess.run(
        [sys.executable, "-m", "bench.chaos", "--short"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=end_with_parent(),
    )

    assert "fault: courier killed" in done.stdout, done.stderr[-4000:]
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]

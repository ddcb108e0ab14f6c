"""How long a CSV file of a million rows takes from the first byte sent until its rows are served, and what it weighs.

Run as `python -m bench.upload [--rows 1000000] [--rounds 3] [--encoding utf-8]`; everything runs in one process
(`manage.py up`) with a database and files of its own.
"""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import requests

from tests.datasets.open_data import trees, write

MB = 1_000_000
MAX_SECONDS, MAX_MB = 15.0, 600
"""What is promised of 100 MB and a million rows: finalized within, and never heavier than."""


def main() -> int:
    """Measure, print a table, and say by the exit status whether the promise holds."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="porte-voix-upload-") as folder:
        source = Path(folder) / "arbres.csv"
        write(source, trees(options.rows), encoding=options.encoding)
        print(f"{source.stat().st_size / MB:.0f} MB, {options.rows} rows, {options.encoding}")
        with Portal(Path(folder)) as portal:
            resting = portal.peak_mb()
            rounds = [portal.upload(source) for _round in range(options.rounds)]
            peak = portal.peak_mb()
    for sent_s, finalized_s in rounds:
        print(f"accepted after {sent_s:.1f} s, finalized after {finalized_s:.1f} s")
    median = statistics.median(finalized for _sent, finalized in rounds)
    print(f"median {median:.1f} s (≤ {MAX_SECONDS:.0f} s), peak {peak} MB of memory (≤ {MAX_MB} MB; {resting} at rest)")
    return 0 if median <= MAX_SECONDS and peak <= MAX_MB else 1


class Portal:
    """The whole portal in a process of its own, on an empty database."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.environment = os.environ | {
            "DEBUG": "0",
            "SECRET_KEY": secrets.token_urlsafe(60),
            "DATABASE_URL": f"sqlite:///{folder / 'upload.sqlite3'}",
            "MEDIA_ROOT": str(folder / "media"),
            "PUBLIC_URL": self.url,
            "LOG_LEVEL": "WARNING",
        }

    def __enter__(self) -> Portal:
        self._manage("migrate", "--verbosity=0")
        self._manage(
            "shell",
            "--verbosity=0",
            "-c",
            "from accounts.services import users; users.create_account('user', name='x')",
        )
        self.key = self._manage("apikey", "user:x", "--scopes", "datasets").split()[-1]
        command = [sys.executable, "manage.py", "up", "--no-demo", f"--port={self.port}"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL)
        _until(self._answers, within_s=30)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.process.terminate()
        self.process.wait(30)

    def upload(self, source: Path) -> tuple[float, float]:
        """Return the seconds until the file was accepted, and until its rows were served."""
        headers = {"x-apiKey": self.key}
        started = time.monotonic()
        with source.open("rb") as file:
            created = requests.post(f"{self.url}/api/v1/datasets", files={"file": file}, headers=headers, timeout=120)
        created.raise_for_status()
        sent_s = time.monotonic() - started
        href = created.json()["href"]

        def is_finalized() -> bool:
            status = requests.get(href, headers=headers, timeout=10).json()["status"]
            assert status != "error"
            return bool(status == "finalized")

        _until(is_finalized, within_s=300)
        return sent_s, time.monotonic() - started

    def peak_mb(self) -> int:
        """Return the most that the process ever held in memory, in MB (VmHWM, proc(5))."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        return int(kilobytes) * 1024 // MB

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/api/v1/datasets", timeout=5).ok
        except requests.ConnectionError:
            return False

    def _manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout


def _until(done: Any, *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < deadline, "not done in time"
        time.sleep(0.05)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--encoding", default="utf-8")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

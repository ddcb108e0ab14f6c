"""A portal started with `manage.py up`, and a person who uses it over HTTP."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from tests.polling import eventually

ROOT = Path(__file__).parents[2]
COMMUNES = ROOT / "config" / "demo" / "communes.csv"
START_WITHIN_S = 60.0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Portal:
    """One `manage.py up` in `folder`: its data stays there when it is killed and started again."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        self._environment = inherited | {
            "DATABASE_URL": f"sqlite:///{folder / 'portal.sqlite3'}",
            "MEDIA_ROOT": str(folder / "media"),
            "PYTHONUNBUFFERED": "1",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder / "output.txt"

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        self.launch()
        eventually(lambda: self.said("is ready on") or self._ended(), within_s=START_WITHIN_S, what=self.output)
        assert self.said("is ready on"), self.output()

    def launch(self) -> None:
        """Start it without waiting."""
        command = [sys.executable, str(ROOT / "manage.py"), "up", "--port", str(self.port)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )

    def said(self, words: str) -> bool:
        return words in self.output()

    def output(self) -> str:
        return self._log.read_text()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Ask it to stop; return the seconds that it took."""
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(30)
        assert self._process.returncode == 0, self.output()
        return time.monotonic() - began

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def _ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None


class Person:
    """Somebody with a browser: forms as the pages give them, the API over the same session."""

    def __init__(self, portal: Portal, email: str) -> None:
        self.portal = portal
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Accept-Language"] = "en"
        answer = self.submit("/sign-in/", username=email, password="demo")
        assert "/sign-in/" not in answer.url, answer.text[:2000]

    def page(self, path: str) -> str:
        answer = self.session.get(self.portal.url + path, timeout=20)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:1000])
        return answer.text

    def submit(
        self, path: str, *, page: str = "", files: dict[str, Any] | None = None, **fields: object
    ) -> requests.Response:
        """Post the form of `page` (the one at `path`, unless said), with its token, and follow where it leads."""
        self.page(page or path)
        data = {"csrfmiddlewaretoken": self.session.cookies["csrftoken"], **fields}
        answer = self.session.post(
            self.portal.url + path, data=data, files=files, headers={"Referer": self.portal.url + path}, timeout=60
        )
        assert answer.status_code < 400, (path, answer.status_code, answer.text[:2000])
        return answer

    def api(self, method: str, path: str, *, status: int, **arguments: Any) -> Any:
        """Call the API for the organisation; return the JSON of its answer."""
        headers = {
            "X-Account": "organization:ville",
            "X-CSRFToken": self.session.cookies["csrftoken"],
            "Referer": self.portal.url,
            **arguments.pop("headers", {}),
        }
        url = f"{self.portal.url}/api/v1/{path}"
        answer = self.session.request(method, url, headers=headers, timeout=60, **arguments)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text[:2000])
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.content


@contextlib.contextmanager
def running(portal: Portal) -> Iterator[Portal]:
    try:
        portal.start()
        yield portal
    finally:
        portal.close()

"""The web server of production, with the configuration that it finds beside manage.py."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from tests.flows.portal import free_port
from tests.polling import eventually
from tests.quality.files import ROOT

HELD = 12
"""Requests that do not come to an end, fewer than the threads of one process."""


@contextmanager
def _serving(folder: Path, **environment: str) -> Iterator[int]:
    """Run gunicorn on a port of its own; yield the port."""
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    settings = {
        "SECRET_KEY": "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
        "DATABASE_URL": f"sqlite:///{folder / 'portal.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
    }
    for command in ("migrate", "collectstatic"):
        subprocess.run(
            [sys.executable, "manage.py", command, "--no-input", "-v", "0"],
            cwd=ROOT,
            env=inherited | settings,
            check=True,
        )
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"],
        cwd=ROOT,
        env=inherited | settings | environment,
    )
    try:
        eventually(lambda: _listens(port), within_s=60.0, what=lambda: "gunicorn does not listen")
        yield port
    finally:
        process.terminate()
        process.wait(60)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with _serving(tmp_path_factory.mktemp("gunicorn")) as port:
        yield port


def test_requests_that_do_not_end_hold_up_no_page(port: int) -> None:
    """The page is answered while they wait, and each of them is answered in the end."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60)) for _n in range(HELD)]
        for connection in held:
            connection.sendall(b"GET /sign-in/ HTTP/1.1\r\nHost: localhost\r\n")
        assert requests.get(f"http://127.0.0.1:{port}/sign-in/", timeout=60).status_code == 200
        for connection in held:
            connection.sendall(b"Connection: close\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_client_of_this_machine_cannot_say_that_it_came_by_https(tmp_path: Path) -> None:
    with _serving(tmp_path, PUBLIC_URL="https://porte-voix.example", ALLOWED_HOSTS="127.0.0.1") as port:
        answer = requests.get(
            f"http://127.0.0.1:{port}/sign-in/",
            headers={"X-Forwarded-Proto": "https"},
            timeout=60,
            allow_redirects=False,
        )

    assert answer.status_code == 301
    assert answer.headers["Location"].startswith("https://")

"""Every command that README.md shows, run as it stands there in a copy of the project."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import requests

from tests.flows.portal import free_port
from tests.polling import eventually
from tests.quality.files import ROOT
from tests.receiver import Receiver

BY_CI = {"make lint", "make test", "make test-services"}
OF_NEWCOMERS = (
    "make run",
    ".venv/bin/python manage.py apikey organization:ville --scopes datasets",
    ".venv/bin/python manage.py demo",
)
WITH_HELP = ("make bench", "make chaos", "make fuzz")
OF_DEVELOPERS = ("make messages",)
OF_OPERATORS = (
    "uv sync --locked --no-dev",
    "python manage.py migrate",
    "python manage.py collectstatic --noinput",
    "python manage.py rotate_keys",
    "python manage.py check --deploy",
)
SERVERS = (
    "gunicorn config.wsgi",
    "celery -A config worker -Q courier --concurrency 2",
    "celery -A config worker -Q ingest",
    "celery -A config beat",
)
SHELL = {". .venv/bin/activate"}

LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "var", ".env", "__pycache__", ".*_cache", ".coverage*", ".hypothesis"
)
FENCED = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:make [a-z]|\.ci/|\S*python |celery |gunicorn |uv )[^`]*)`")


def _shown() -> set[str]:
    text = (ROOT / "README.md").read_text()
    fenced = (line.partition("#")[0].strip() for block in FENCED.findall(text) for line in block.splitlines())
    return {command for command in [*fenced, *INLINE.findall(text)] if command}


def test_every_command_is_run_by_a_test() -> None:
    run = {*BY_CI, ".ci/run", *OF_NEWCOMERS, *WITH_HELP, *OF_DEVELOPERS, *OF_OPERATORS, *SERVERS, *SHELL}
    assert _shown() == run


def test_the_suite_is_run_as_shown() -> None:
    lines = {line.partition("#")[0].strip() for line in (ROOT / ".ci/run").read_text().splitlines()}
    assert lines >= BY_CI


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the project as somebody has just unpacked it, but for the environment, which is this one."""
    copy = tmp_path / "porte-voix"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    (copy / ".venv").symlink_to(sys.prefix)
    return copy


def _environment(**more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name in {"HOME", "LANG"}}
    return inherited | {"PATH": f"{sys.prefix}/bin:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1", **more}


def _run(command: str, checkout: Path, **environment: str) -> str:
    done = subprocess.run(
        shlex.split(command), cwd=checkout, env=_environment(**environment), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-4000:])
    return done.stdout


@contextmanager
def _running(command: str, checkout: Path, **environment: str) -> Iterator[Path]:
    """Run `command` during the block, as from a terminal; yield the file of what it prints."""
    output = checkout / f"{secrets.token_hex(4)}.txt"
    with output.open("wb") as log:
        process = subprocess.Popen(
            shlex.split(command),
            cwd=checkout,
            env=_environment(**environment),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield output
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
            raise


def test_a_newcomer_gets_a_portal_a_key_and_the_demo(checkout: Path) -> None:
    run, apikey, demo = OF_NEWCOMERS
    port = free_port()
    with _running(f"{run} PORT={port}", checkout) as output:
        eventually(lambda: "is ready on" in output.read_text(), within_s=120.0, what=output.read_text)
        key = _run(apikey, checkout).strip()
        answer = requests.get(
            f"http://127.0.0.1:{port}/api/v1/datasets", headers={"x-apiKey": key}, timeout=30, allow_redirects=False
        )
        assert "alice@ville.example" in _run(demo, checkout)

    assert answer.status_code == 200, answer.text
    assert answer.json()["count"] == 3


def test_without_a_first_start_commands_ask_for_a_key(checkout: Path) -> None:
    done = subprocess.run(
        shlex.split(OF_NEWCOMERS[1]), cwd=checkout, env=_environment(), capture_output=True, text=True, check=False
    )

    assert "SECRET_KEY is missing or weak" in done.stderr
    assert not (checkout / "var" / "secret-key").exists()


def test_the_key_of_the_environment_file_comes_before_the_kept_one(checkout: Path) -> None:
    key = secrets.token_urlsafe(50)
    (checkout / "var").mkdir()
    (checkout / "var" / "secret-key").write_text(secrets.token_urlsafe(50))
    (checkout / ".env").write_text(f"SECRET_KEY={key}\n")
    code = "from django.conf import settings; print(settings.SECRET_KEY, settings.DEBUG)"

    assert _run(f"python manage.py shell -v 0 -c '{code}'", checkout).split() == [key, "False"]


@pytest.mark.parametrize("command", WITH_HELP)
def test_benchmark_and_faults_say_what_they_take(command: str, checkout: Path) -> None:
    assert "--" in _run(f"{command} ARGS=--help", checkout)


@pytest.mark.services
@pytest.mark.parametrize("command", OF_DEVELOPERS)
def test_a_developer_makes_messages(command: str, checkout: Path) -> None:
    before = (checkout / "locale/fr/LC_MESSAGES/django.po").read_text()
    _run(command, checkout)
    assert (checkout / "locale/fr/LC_MESSAGES/django.po").read_text().count("msgid ") == before.count("msgid ")


@pytest.fixture
def production(checkout: Path) -> Iterator[dict[str, str]]:
    """An environment as README's table says, with a PostgreSQL database of its own and places of its own in Redis."""
    name = f"readme_{secrets.token_hex(4)}"
    server, redis = urlsplit(os.environ["DATABASE_URL"]), urlsplit(os.environ["CELERY_BROKER_URL"])
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")
    port = free_port()
    yield {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DATABASE_URL": server._replace(path=f"/{name}").geturl(),
        "CELERY_BROKER_URL": redis._replace(path="/13").geturl(),
        "CACHE_URL": redis._replace(path="/14").geturl(),
        "EMAIL_URL": "dummymail://",
        "EGRESS_ALLOW": "127.0.0.0/8:*",
        "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port}",
    }
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as db:
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.services
def test_an_operator_gets_a_portal_that_delivers(checkout: Path, production: dict[str, str]) -> None:
    """The commands of production in their order: a file is ingested, and a webhook told, across the processes."""
    environment = production
    sync, migrate, collect, rotate, check = OF_OPERATORS
    _run(f"{sync} --dry-run", checkout, **environment)  # the environment is shared: it must keep what tests need
    for command in (migrate, collect, rotate, f"{check} --fail-level ERROR"):
        _run(command, checkout, **environment)
    url = environment["PUBLIC_URL"]
    with ExitStack() as stack:
        outputs = [stack.enter_context(_running(command, checkout, **environment)) for command in SERVERS]
        receiver = stack.enter_context(Receiver())
        eventually(lambda: _serves(url), within_s=90.0, what=lambda: "\n".join(map(Path.read_text, outputs)))
        _run("python manage.py demo --force", checkout, **environment)
        key = _run(
            "python manage.py apikey organization:ville --scopes webhooks events", checkout, **environment
        ).strip()
        api = requests.Session()
        api.headers["x-apiKey"] = key
        webhook = {
            "title": "Told",
            "events": ["dataset-error"],
            "target": {"type": "http", "params": {"url": receiver.url("/told")}},
        }
        made = api.post(f"{url}/api/v1/webhooks", json=webhook, timeout=30)
        assert made.status_code == 201, made.text
        event = {
            "type": "dataset.error",
            "resource": {"type": "dataset", "id": "communes", "title": "Communes"},
            "detail": "Line 3",
        }
        told = api.post(f"{url}/api/v1/events", json=event, timeout=30)
        assert told.status_code in {201, 202}, told.text
        eventually(
            lambda: receiver.requests("/told"), within_s=60.0, what=lambda: "\n".join(map(Path.read_text, outputs))
        )


def _serves(url: str) -> bool:
    try:
        return requests.get(f"{url}/sign-in/", timeout=5).status_code == 200
    except requests.RequestException:
        return False

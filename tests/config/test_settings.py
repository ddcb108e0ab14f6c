"""The settings as a process reads them from its environment."""

import json
import os
import subprocess
import sys

import pytest

from tests.quality.files import ROOT

DEPLOYED = {
    "SECRET_KEY": "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
    "DEBUG": "0",
    "PUBLIC_URL": "https://porte-voix.example",
    "ALLOWED_HOSTS": "porte-voix.example",
    "DATABASE_URL": "sqlite://:memory:",
    "CELERY_BROKER_URL": "redis://127.0.0.1:6379/0",
    "CACHE_URL": "locmemcache://tests",
}
READ = "import json, config.settings as s; print(json.dumps({n: getattr(s, n, None) for n in %r}))"


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=inherited | DEPLOYED | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _read(*names: str, **environment: str) -> dict[str, object]:
    done = _run("-c", READ % (names,), **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_x_forwarded_proto_is_believed_only_behind_a_declared_proxy():
    name = "SECURE_PROXY_SSL_HEADER"

    assert _read(name) == {name: None}
    assert _read(name, TRUSTED_PROXIES="1") == {name: ["HTTP_X_FORWARDED_PROTO", "https"]}


def test_a_negative_number_of_proxies_is_refused():
    done = _run("-c", "import config.settings", TRUSTED_PROXIES="-1")

    assert "TRUSTED_PROXIES is the number of proxies before this server: 0 or more." in done.stderr


@pytest.mark.parametrize(
    ("environment", "warned"),
    [
        ({}, True),
        ({"TRUSTED_PROXIES": "1"}, False),
        ({"PUBLIC_URL": "http://porte-voix.example", "SECURE_HSTS_SECONDS": "0"}, False),
    ],
)
def test_the_deployment_check_warns_of_https_without_a_declared_proxy(environment, warned):
    done = _run("manage.py", "check", "--deploy", **environment)

    assert ("config.W001" in done.stderr) == warned
    assert done.returncode == 0, done.stderr


def test_spaces_around_field_keys_are_no_part_of_them():
    assert _read("FIELD_KEYS", FIELD_KEYS=" new-key ,old-key\n") == {"FIELD_KEYS": ["new-key", "old-key"]}
    assert _read("FIELD_KEYS") == {"FIELD_KEYS": []}


def test_every_command_warns_of_a_weak_field_key():
    done = _run("manage.py", "check", FIELD_KEYS="short")

    assert "webhooks.W001" in done.stderr
    assert done.returncode == 0

"""The settings with which `manage.py up` works on a fresh machine, unless the environment sets others."""

import os
import secrets
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
KEPT_KEY = BASE_DIR / "var" / "secret-key"
LOOPBACK = "127.0.0.0/8:*,[::1]:*,localhost:*"


def set_defaults(argv: Sequence[str]) -> None:
    """Set what the environment and `.env` leave unset for the command line `argv`.

    For `up`: DEBUG is on, a key is generated and kept under var/, webhooks may call this machine, PUBLIC_URL follows
    `--port`. Beside it, every other command works with the same settings, once `up` has made its key.
    """
    environ.Env.read_env(BASE_DIR / ".env")
    starts = argv[1:2] == ["up"]
    if not starts and (_has_key() or not KEPT_KEY.exists()):
        return
    os.environ.setdefault("DEBUG", "1")
    if os.environ["DEBUG"].lower() in {"0", "false", "no", "off", ""}:
        return
    if not _has_key():
        os.environ["SECRET_KEY"] = _kept_key(KEPT_KEY)
    os.environ.setdefault("EGRESS_ALLOW", LOOPBACK)
    if starts:
        os.environ.setdefault("PUBLIC_URL", f"http://127.0.0.1:{_port(argv)}")


def _has_key() -> bool:
    return bool(os.environ.get("SECRET_KEY") or os.environ.get("SECRET_KEY_FILE"))


def _port(argv: Sequence[str]) -> str:
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--port", default="8000")
    return str(parser.parse_known_args(argv)[0].port)


def _kept_key(path: Path) -> str:
    """Return the key stored at `path`, created on the first call: what is encrypted with it stays readable."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()

"""The settings with which `manage.py up` works on a fresh machine, unless the environment sets others."""

import os
import secrets
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

LOOPBACK = "127.0.0.0/8,::1/128,localhost"


def set_defaults(argv: Sequence[str]) -> None:
    """Switch DEBUG on, generate a key that is kept under var/, and let webhooks call this machine.

    PUBLIC_URL follows the `--port` of the command line `argv`.
    """
    os.environ.setdefault("DEBUG", "1")
    if os.environ["DEBUG"].lower() in {"0", "false", "no", "off", ""}:
        return
    os.environ.setdefault("SECRET_KEY", _kept_key(Path(__file__).resolve().parent.parent / "var" / "secret-key"))
    os.environ.setdefault("EGRESS_ALLOW", LOOPBACK)
    os.environ.setdefault("PUBLIC_URL", f"http://127.0.0.1:{_port(argv)}")


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

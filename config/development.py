"""The values with which `manage.py up` works on a fresh machine, unless the environment says otherwise."""

import os
import secrets
from pathlib import Path

LOOPBACK = "127.0.0.0/8,::1/128,localhost"


def set_defaults() -> None:
    """Switch DEBUG on, generate a key kept under var/, and let webhooks call this very machine."""
    os.environ.setdefault("DEBUG", "1")
    if os.environ["DEBUG"].lower() in {"0", "false", "no", "off", ""}:
        return
    os.environ.setdefault("SECRET_KEY", _kept_key(Path(__file__).resolve().parent.parent / "var" / "secret-key"))
    os.environ.setdefault("EGRESS_ALLOW", LOOPBACK)


def _kept_key(path: Path) -> str:
    """Give the key stored at `path`, made on the first call: secrets sealed with it stay readable."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()

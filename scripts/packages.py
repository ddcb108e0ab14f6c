"""Find the programs that the services and the checks need, and install them by apt where they are absent."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGES = {
    "cc": "gcc",
    "chromium": "chromium",
    "faketime": "faketime",
    "gettext": "gettext",
    "openssl": "libssl-dev",
    "postgres": "postgresql",
    "redis-server": "redis-server",
    "wrk": "wrk",
}
"""The Debian package of each program."""

SIGNS = {"gettext": "xgettext", "openssl": "/usr/include/openssl/ssl.h"}
"""What to look for, where that is not the program of that name."""

FONTS = "fonts-dejavu-core"
POLICY = Path("/usr/sbin/policy-rc.d")


class Unavailable(RuntimeError):
    """A program is missing and could not be installed, or a server did not start."""


def find(program: str) -> str | None:
    """Return the path of a program, also where Debian keeps PostgreSQL's, or None."""
    program = SIGNS.get(program, program)
    if program.startswith("/"):
        return program if Path(program).exists() else None
    if found := shutil.which(program):
        return found
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda p: float(p.parts[-3]))
    return str(kept[-1]) if kept else None


def install(*programs: str) -> None:
    """Install by apt what is missing, without starting a service; raise `Unavailable` where apt cannot."""
    missing = [PACKAGES[program] for program in programs if find(program) is None]
    if not missing:
        return
    if "chromium" in missing:
        missing.append(FONTS)
    apt = shutil.which("apt-get")
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if apt is None or (as_root and shutil.which("sudo") is None):
        raise Unavailable(
            f"Install {', '.join(missing)} first: this needs apt-get and root, or your own package manager."
        )
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print(f"installing {' '.join(missing)}", file=sys.stderr)
    with _no_autostart():
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *missing]):
            done = subprocess.run(
                [*as_root, apt, *command],
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise Unavailable(f"apt-get {command[0]} failed:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")


@contextlib.contextmanager
def _no_autostart() -> Iterator[None]:
    """Keep Debian's packages from starting what they install (Debian Policy, "Interfacing with init systems")."""
    ours = os.geteuid() == 0 and not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            POLICY.unlink()


def need(program: str) -> str:
    """Return the path of a program; raise `Unavailable` when it is not installed."""
    if path := find(program):
        return path
    raise Unavailable(f"{program} is not installed.")

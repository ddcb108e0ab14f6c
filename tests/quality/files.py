"""The project's own files, as git would commit them."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("accounts", "config", "datasets", "webhooks")


@cache
def files(*patterns: str) -> tuple[Path, ...]:
    """Give the files that git knows or would take, of these patterns, in order."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns],  # noqa: S607 -- git, whichever is installed
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    return tuple(sorted(path for name in listed.split("\0") if name and (path := ROOT / name).is_file()))


def name(path: Path) -> str:
    """Give the path below the project's folder."""
    return path.relative_to(ROOT).as_posix()


def modules() -> tuple[Path, ...]:
    """Give the Python modules, migrations aside."""
    return tuple(path for path in files("*.py") if "migrations" not in path.parts)

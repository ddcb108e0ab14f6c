"""The project's own files, with or without git."""

import os
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("accounts", "config", "datasets", "webhooks")

IGNORED = (
    ".git", ".venv", "var", "node_modules", "__pycache__", ".*_cache", ".hypothesis", ".import_linter_cache",
    ".coverage*", "htmlcov", ".env", "*.pyc", "*.egg-info",
)  # fmt: skip
"""Names of folders and files that tools leave behind, as in .gitignore."""


def files(*patterns: str) -> tuple[Path, ...]:
    """Return the project's files that match one of the patterns, in order; `*` matches any path, `/` included."""
    return tuple(path for path in _all_files() if any(fnmatch(name(path), pattern) for pattern in patterns))


def name(path: Path) -> str:
    """Return the path relative to the project's folder."""
    return path.relative_to(ROOT).as_posix()


def modules() -> tuple[Path, ...]:
    """Return the Python modules, except migrations."""
    return tuple(path for path in files("*.py") if "migrations" not in path.parts)


@cache
def _all_files() -> tuple[Path, ...]:
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not _is_ignored(name)]
        found += [Path(folder, name) for name in names if not _is_ignored(name)]
    return tuple(sorted(path for path in found if path.is_file()))


def _is_ignored(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in IGNORED)

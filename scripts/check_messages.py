"""Check that every string of the sources has its French, and that the compiled catalogue is up to date."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("accounts", "config", "datasets", "webhooks", "templates")
CATALOGUE = Path("locale/fr/LC_MESSAGES")
SHOWN = 20
"""How many of each kind of problem are printed."""

Key = tuple[str, str, str]


def extracted() -> polib.POFile:
    """Return what makemessages finds in a copy of the sources, so that no file of the project changes."""
    with tempfile.TemporaryDirectory() as folder:
        for room in ROOMS:
            if (ROOT / room).is_dir():
                shutil.copytree(ROOT / room, Path(folder) / room, ignore=shutil.ignore_patterns("__pycache__"))
        (Path(folder) / "locale").mkdir()
        subprocess.run(
            [sys.executable, "-m", "django", "makemessages", "-l", "fr", "--no-wrap", "-v", "0"], cwd=folder, check=True
        )
        return polib.pofile(str(Path(folder) / CATALOGUE / "django.po"))


def key(entry: polib.POEntry | polib.MOEntry) -> Key:
    """Return what gettext looks a message up by."""
    return (entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")


def words(entry: polib.POEntry | polib.MOEntry) -> tuple[str, ...]:
    """Return the translations of a message: one, or one for each plural form."""
    return tuple(entry.msgstr_plural[n] for n in sorted(entry.msgstr_plural)) or (entry.msgstr,)


def problems(*, found: polib.POFile, written: polib.POFile, compiled: polib.MOFile) -> dict[str, list[str]]:
    """Return the offending messages by kind of problem."""
    current = [entry for entry in written if not entry.obsolete]
    known = {key(entry): entry for entry in current}
    wanted = {key(entry) for entry in found}
    held = {key(entry): words(entry) for entry in compiled}
    usable = {k: words(entry) for k, entry in known.items() if not entry.fuzzy and all(words(entry))}
    return {
        "not in the catalogue": _ids(wanted - known.keys()),
        "in the catalogue, but no longer in the sources": _ids(known.keys() - wanted),
        "without French": _ids(key(entry) for entry in current if not all(words(entry))),
        "fuzzy": _ids(key(entry) for entry in current if entry.fuzzy),
        "compiled otherwise than written (make messages)": _ids(k for k in usable if held.get(k) != usable[k]),
    }


def _ids(keys: Iterable[Key]) -> list[str]:
    return sorted(msgid for _, msgid, _ in keys)


def main() -> int:
    """Print the problems; return 1 when there are any."""
    written, compiled = ROOT / CATALOGUE / "django.po", ROOT / CATALOGUE / "django.mo"
    for path in (written, compiled):
        if not path.exists():
            print(f"{path.relative_to(ROOT)} is missing: make messages", file=sys.stderr)
            return 1
    found = problems(found=extracted(), written=polib.pofile(str(written)), compiled=polib.mofile(str(compiled)))
    for kind, messages in found.items():
        if messages:
            print(
                f"{len(messages)} {kind}:",
                *(f"  {message!r}" for message in messages[:SHOWN]),
                sep="\n",
                file=sys.stderr,
            )
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

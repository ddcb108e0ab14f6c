"""Ask pip-audit whether the packages of the lock have known vulnerabilities.

A vulnerability is a failure. That no advisory service can be reached is none: it is said in one sentence.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 15
"""For each answer of a service."""

SERVICES: dict[str, tuple[str, ...]] = {
    "PyPI": ("--vulnerability-service", "pypi"),
    "OSV": ("--vulnerability-service", "osv"),
}
"""Where advisories are asked for, one after the other until one answers; both give those of the Python ecosystem."""

AWAY = re.compile(
    r"^(?:requests\.exceptions\.(?!Invalid|Missing)|urllib3\.exceptions\.|pip_audit\._service\.interface\.)\w+"
    r"|^ERROR:pip_audit\._cli:(?:Could not connect|PyPI is not redirecting)",
    re.MULTILINE,
)
"""What pip-audit ends with when the service does not answer, or answers with an error or no JSON."""


class Away(Exception):
    """The advisory service cannot be reached, or knows nothing of our packages."""


class Broken(Exception):
    """pip-audit failed for another reason than its service."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found: a line for each vulnerability, the packages that the service does not know, how many it does."""

    vulnerabilities: list[str]
    unknown: list[str]
    audited: int


def pinned(lock: Path) -> list[str]:
    """Return each package of a uv.lock that comes from a registry, as `name==version`."""
    packages = tomllib.loads(lock.read_text())["package"]
    return sorted(f"{one['name']}=={one['version']}" for one in packages if "registry" in one["source"])


def audit(requirements: list[str], options: tuple[str, ...]) -> Report:
    """Have the requirements judged by one service; raise `Away` or `Broken`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("\n".join(requirements))
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(file), "--no-deps", "--disable-pip"]
        done = subprocess.run(
            [*command, "--format", "json", "--progress-spinner", "off", "--timeout", str(TIMEOUT_S), *options],
            capture_output=True,
            text=True,
            check=False,
        )
    return judge(done.stdout, done.stderr)


def judge(stdout: str, stderr: str) -> Report:
    """Return what pip-audit reports as JSON; raise `Away` or `Broken`."""
    try:
        report = _report(json.loads(stdout)["dependencies"])
    except ValueError:
        raise (Away if AWAY.search(stderr) else Broken)(stderr) from None
    if report.unknown and not report.audited:
        raise Away("It knows none of the packages.")  # so a mirror that serves files only: 404 for each
    return report


def _report(dependencies: list[dict[str, Any]]) -> Report:
    judged = [one for one in dependencies if "skip_reason" not in one]
    lines = [
        f"{one['name']} {one['version']}: {flaw['id']}, "
        f"mended in {', '.join(flaw['fix_versions']) or 'no version yet'}. {flaw['description'][:200]}"
        for one in judged
        for flaw in one["vulns"]
    ]
    return Report(lines, [one["name"] for one in dependencies if "skip_reason" in one], len(judged))


def main(argv: list[str] | None = None) -> int:
    """Print what was found; return 1 for vulnerabilities and when pip-audit fails by itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", type=Path, default=ROOT / "uv.lock")
    parser.add_argument("--osv-url", help="an OSV service to ask instead, such as a mirror's")
    options = parser.parse_args(argv)
    services = SERVICES
    if options.osv_url:
        services = {options.osv_url: ("--vulnerability-service", "osv", "--osv-url", options.osv_url)}
    requirements = pinned(options.lock)
    for name, choice in services.items():
        try:
            report = audit(requirements, choice)
        except Away:
            continue
        except Broken as error:
            print(f"pip-audit failed:\n{error}", file=sys.stderr)
            return 1
        return _tell(name, report)
    print(f"No advisory data can be reached ({', '.join(services)}): dependencies are not audited.")
    return 0


def _tell(service: str, report: Report) -> int:
    if report.unknown:
        print(f"{service} does not know, so that they are not audited: {', '.join(report.unknown)}.")
    print(*report.vulnerabilities, sep="\n", end="\n" if report.vulnerabilities else "", file=sys.stderr)
    print(f"{report.audited} packages audited by {service}: {len(report.vulnerabilities)} known vulnerabilities.")
    return 1 if report.vulnerabilities else 0


if __name__ == "__main__":
    sys.exit(main())

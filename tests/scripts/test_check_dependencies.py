"""The check of dependencies: pip-audit itself, on a lock of ours, asking a service of ours on this machine."""

import json
import tomllib

import pytest

from scripts.check_dependencies import ROOT, Away, Broken, judge, main, pinned
from tests.receiver import Answer

LOCK = """
version = 1
[[package]]
name = "porte-voix"
version = "0.1.0"
source = { virtual = "." }
[[package]]
name = "jinja2"
version = "2.10"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "six"
version = "1.16.0"
source = { registry = "https://pypi.org/simple" }
"""

FLAW = {
    "id": "PYSEC-2019-217",
    "summary": "In Pallets Jinja before 2.10.1, str.format_map allows a sandbox escape.",
    "affected": [
        {
            "package": {"name": "jinja2", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.10.1"}]}],
        }
    ],
}


@pytest.fixture
def lock(tmp_path):
    path = tmp_path / "uv.lock"
    path.write_text(LOCK)
    return path


@pytest.fixture
def check(lock, receiver, capfd):
    """Return a function that runs the check, the service answering what it is told to; it returns status and text."""

    def check(answer):
        receiver.answer(answer)
        status = main(["--lock", str(lock), "--osv-url", receiver.url("/v1/query")])
        return status, "".join(capfd.readouterr())

    return check


def flawed(got):
    """Answer as OSV does that one of the packages has a vulnerability."""
    vulns = {"vulns": [FLAW]} if got.json()["package"]["name"] == "jinja2" else {}
    return Answer(body=json.dumps(vulns).encode(), headers=(("Content-Type", "application/json"),))


def test_the_packages_of_a_registry_are_taken_from_the_lock(lock):
    assert pinned(lock) == ["jinja2==2.10", "six==1.16.0"]

    ours = pinned(ROOT / "uv.lock")
    assert len(ours) == len(tomllib.loads((ROOT / "uv.lock").read_text())["package"]) - 1
    assert any(one.startswith("django==5.2") for one in ours)


def test_packages_without_a_known_vulnerability_pass(check, receiver):
    status, text = check(Answer(body=b"{}"))

    assert (status, text.splitlines()[-1].partition(": ")[2]) == (0, "0 known vulnerabilities.")
    assert {got.json()["package"]["name"] for got in receiver.requests()} == {"jinja2", "six"}


def test_a_vulnerability_is_named_and_fails(check):
    status, text = check(flawed)

    assert status == 1
    assert "jinja2 2.10: PYSEC-2019-217, mended in 2.10.1. In Pallets Jinja before 2.10.1" in text
    assert "2 packages audited" in text


@pytest.mark.parametrize(
    "answer",
    [
        500,
        403,
        Answer(body=b"<html>sign in to this network</html>"),
        Answer(raw=b"", end="close"),
        Answer(end="reset", raw=b""),
    ],
    ids=["500", "403", "no JSON", "closed", "reset"],
)
def test_a_service_that_does_not_answer_is_said_in_one_sentence_and_passes(check, receiver, answer):
    status, text = check(answer)

    assert (status, text.count("\n")) == (0, 1)
    assert text.startswith(
        f"No advisory data can be reached ({receiver.url('/v1/query')}): dependencies are not audited."
    )


def test_a_network_without_the_services_is_said_in_one_sentence_and_passes(lock, capfd, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert main(["--lock", str(lock)]) == 0
    assert capfd.readouterr().out == "No advisory data can be reached (PyPI, OSV): dependencies are not audited.\n"


def test_a_failure_of_pip_audit_itself_is_none_of_the_network(lock, capfd, tmp_path):
    assert main(["--lock", str(lock), "--osv-url", "nowhere"]) == 1
    assert "pip-audit failed:" in capfd.readouterr().err

    lock.write_text(LOCK.replace("2.10", "not a version"))
    assert main(["--lock", str(lock)]) == 1


def test_a_service_that_knows_none_of_the_packages_is_none():
    """So a mirror of PyPI that serves files only: pip-audit takes its 404 for a package that does not exist."""
    unknown = {"name": "six", "skip_reason": "Dependency not found on PyPI and could not be audited: six (1.16.0)"}
    known = {"name": "jinja2", "version": "2.10", "vulns": []}

    with pytest.raises(Away):
        judge(json.dumps({"dependencies": [unknown]}), "")
    report = judge(json.dumps({"dependencies": [unknown, known]}), "")
    assert (report.audited, report.unknown, report.vulnerabilities) == (1, ["six"], [])


@pytest.mark.parametrize("stderr", ["", "ModuleNotFoundError: No module named 'pip_audit'", "pip-audit: error: usage"])
def test_what_pip_audit_does_not_say_of_the_network_is_a_failure(stderr):
    with pytest.raises(Broken):
        judge("", stderr)

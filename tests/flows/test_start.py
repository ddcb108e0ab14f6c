"""What `manage.py up` promises when it says that it is ready."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.portal import Person, Portal, running
from tests.polling import eventually

DATASETS = {"communes", "departements", "intercommunalites"}


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with running(Portal(tmp_path)) as portal:
        yield portal


def test_the_demo_is_whole_at_the_moment_it_is_ready(portal: Portal) -> None:
    """A newcomer who opens the printed address at once signs in and finds everything there."""
    alice = Person(portal, "alice@ville.example")

    home = html.unescape(alice.page("/"))
    datasets = alice.api("GET", "datasets", status=200)["results"]
    charts = alice.api("GET", "applications", status=200)["results"]
    assert "Ville de Démonstration" in re.findall(r"Account in use:.*?</summary>", home, re.DOTALL)[0]
    assert {dataset["id"]: dataset["status"] for dataset in datasets} == dict.fromkeys(DATASETS, "finalized")
    assert len(charts) == len(DATASETS)
    for chart in charts:
        assert "<svg" in alice.page(f"/visualisation/{chart['id']}")
    assert len(alice.api("GET", "webhooks", status=200)["results"]) == 1
    assert len(alice.api("GET", "catalogs", status=200)["results"]) == 1
    ready, *_deliveries = portal.output()[portal.output().index("Porte-voix is ready") :].splitlines()
    assert ready == f"Porte-voix is ready on {portal.url}"
    assert "sign in as alice@ville.example (or carl@, ursula@), password demo" in portal.output()


def test_a_second_start_is_ready_with_what_the_first_made(portal: Portal) -> None:
    portal.kill()
    portal.start()

    datasets = Person(portal, "alice@ville.example").api("GET", "datasets", status=200)["results"]
    assert {dataset["id"] for dataset in datasets} == DATASETS


def test_a_portal_whose_demo_cannot_be_made_says_so_and_serves(tmp_path: Path) -> None:
    """The folder for uploads lies under a file, so that no dataset can be stored."""
    (tmp_path / "file").write_text("")

    with running(Portal(tmp_path, MEDIA_ROOT=str(tmp_path / "file" / "media"))) as portal:
        assert "Demo: the datasets and charts could not be made; the portal starts without them" in portal.output()
        alice = Person(portal, "alice@ville.example")
        assert alice.api("GET", "datasets", status=200)["results"] == []


def test_it_stops_while_the_demo_is_being_made(tmp_path: Path) -> None:
    portal = Portal(tmp_path)
    try:
        portal.launch()
        eventually(lambda: portal.said("making datasets"), within_s=60, what=portal.output)

        assert portal.stop() < 5
    finally:
        portal.close()

"""Every editable resource: where the API has it, and two edits of different fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from accounts.principal import WORKER
from datasets.charts.spec import Chart
from datasets.services.catalogs import create_catalog
from tests.factories import WebhookFactory

TABLE = "SELECT * FROM (VALUES ('Centre', 'A', 10.5, 1.0), ('Nord', 'B', 5.0, 2.0)) t(area, kind, height, width)"


MARKS = ("line", "area", "point", "bar")


@dataclass
class Edited:
    """A resource, its path in the API, that of its form, and a document to PUT; `put`: nothing else is understood."""

    row: Any
    path: str
    form: str
    document: dict[str, Any]
    put: bool = False

    def edit(self, number: int) -> tuple[str, dict[str, Any]]:
        """Return the method and the body of an edit that is another for each of four numbers in a row."""
        if self.path.endswith("configuration"):
            return "PUT", self.document | {"mark": MARKS[number % 4]}
        if self.put:
            return "PUT", {"webhooks": [self.document["webhooks"][0] | {"title": f"Title {number}"}]}
        return "PATCH", {"title": f"Title {number}"}


@pytest.fixture
def two(sign_in, alice) -> tuple[Client, Client]:
    """Two browsers of the same person."""
    return sign_in(alice), sign_in(alice)


@pytest.fixture
def kinds(account, dataset, serve, visualise) -> dict[str, Callable[[], Edited]]:
    """A function for each kind of resource that makes one."""

    def make_webhook():
        return WebhookFactory.create(account=account, title="Cities", headers=[["X-Key", "s3cret"]])

    def make_dataset():
        return Edited(dataset, "/datasets/cities", "/dataset/cities/edit", {"title": "Cities"})

    def application():
        row = visualise(serve(dataset, TABLE), Chart("bar", "area"))
        return Edited(row, "/applications/trees", "/visualisation/trees/configure?dataset=cities", {"title": "Trees"})

    def configuration():
        row = visualise(serve(dataset, TABLE), Chart("bar", "area"))
        document = {"datasets": [{"id": "cities"}], "mark": "bar", "x": "area"}
        return Edited(row, "/applications/trees/configuration", "", document, put=True)

    def catalog():
        row = create_catalog(account, title="Portail", by=WORKER)
        return Edited(row, "/catalogs/portail", "/catalogs/portail/edit", {"title": "Portail"})

    def webhook():
        row = make_webhook()
        params = {"url": "https://hooks.example/in", "headers": {"X-Key": "•••"}}
        target = {"type": "http", "params": params}
        document = {"title": "Cities", "events": ["dataset.finalized"], "target": target}
        return Edited(row, f"/webhooks/{row.pk}", f"/settings/webhooks/{row.pk}/edit/", document)

    def settings():
        item = webhook()
        document = {"webhooks": [item.document | {"id": str(item.row.pk)}]}
        return Edited(item.row, "/settings/organization/ville", "", document, put=True)

    return {
        "dataset": make_dataset,
        "application": application,
        "configuration": configuration,
        "catalog": catalog,
        "webhook": webhook,
        "settings": settings,
    }


KINDS = ("dataset", "application", "configuration", "catalog", "webhook", "settings")


@pytest.fixture(params=KINDS)
def edited(request, kinds) -> Edited:
    """One of each."""
    return kinds[request.param]()

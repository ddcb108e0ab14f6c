"""What an event of this room tells of its resource: JSON shapes, and how to fill them from an object.

Read of a dataset and of a visualisation alike: `account`, `slug`, `title`, `description`, `status`, `visibility`
(`public` or `private`), `created_at`, `updated_at`, `api_path`, `get_absolute_url()`. Of a dataset also `last_file`
(name, size, type), `row_count`, `data_updated_at`.
Of a publication: `target_url` (the page on the catalogue, may be empty), `catalog.slug`, `catalog.title`,
`catalog.kind`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from accounts.models import Account

Json = dict[str, Any]  # Any: JSON, checked against the schemas below when it is recorded

MAX_DESCRIPTION_CHARS = 2000
"""Cut there, an event stays far below the 64 KiB that it may weigh."""


class Shown(Protocol):
    """What the receivers read of a dataset or a visualisation."""

    account: Account
    slug: str
    title: str
    description: str
    status: str
    created_at: datetime
    updated_at: datetime

    @property
    def visibility(self) -> str: ...
    @property
    def api_path(self) -> str: ...
    def get_absolute_url(self) -> str: ...


class ShownDataset(Shown, Protocol):
    """What they read of a dataset besides."""

    row_count: int | None
    data_updated_at: datetime

    @property
    def last_file(self) -> tuple[str, int, str]: ...


class ShownCatalog(Protocol):
    """What they read of a catalogue."""

    slug: str
    title: str
    kind: str


class ShownPublication(Protocol):
    """What they read of a publication."""

    catalog: ShownCatalog
    target_url: str


def resource_json(resource: Shown) -> Json:
    """Give what datasets and visualisations have in common, in Data Fair's names."""
    return {
        "id": resource.slug,
        "title": resource.title,
        "description": resource.description[:MAX_DESCRIPTION_CHARS],
        "status": resource.status,
        "visibility": resource.visibility,
        "owner": resource.account.as_owner,
        "createdAt": resource.created_at.isoformat(),
        "updatedAt": resource.updated_at.isoformat(),
    }


def dataset_json(dataset: ShownDataset) -> Json:
    """Give a dataset: the common part, its last file, and how many rows are served (null: none yet)."""
    name, size, mimetype = dataset.last_file
    return resource_json(dataset) | {
        "originalFile": {"name": name, "size": size, "mimetype": mimetype},
        "count": dataset.row_count,
        "dataUpdatedAt": dataset.data_updated_at.isoformat(),
    }


def publication_json(publication: ShownPublication, action: str | None = None) -> Json:
    """Give a publication; `action` is null when it failed."""
    catalog = publication.catalog
    return {
        "action": action,
        "catalog": {"id": catalog.slug, "title": catalog.title, "type": catalog.kind},
        "targetUrl": publication.target_url or None,
    }


def _object(required: Json, optional: Json | None = None) -> Json:
    properties = required | (optional or {})
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


TEXT: Json = {"type": "string"}
TIME: Json = {"type": "string", "format": "date-time"}
RESOURCE: Json = {
    "id": TEXT,
    "title": TEXT,
    "description": TEXT,
    "status": TEXT,
    "visibility": {"enum": ["public", "private"]},
    "owner": _object({"type": {"enum": ["user", "organization"]}, "id": TEXT, "name": TEXT}),
    "createdAt": TIME,
    "updatedAt": TIME,
}
DATASET: Json = RESOURCE | {
    "originalFile": _object({"name": TEXT, "size": {"type": "integer", "minimum": 0}, "mimetype": TEXT}),
    "count": {"type": ["integer", "null"], "minimum": 0},
    "dataUpdatedAt": TIME,
}
PUBLICATION: Json = _object(
    {
        "action": {"enum": ["created", "updated", "removed", None]},
        "catalog": _object({"id": TEXT, "title": TEXT, "type": TEXT}),
        "targetUrl": {"type": ["string", "null"]},
    }
)
DOWNLOAD: Json = _object(
    {"file": {"enum": ["original", "full", "lines"]}, "format": TEXT},
    {"filters": {"type": "object", "additionalProperties": TEXT}},
)

DATASET_SCHEMA = _object(DATASET)
DATASET_ERROR_SCHEMA = _object(DATASET, {"publication": PUBLICATION})
DATASET_PUBLISHED_SCHEMA = _object(DATASET | {"publication": PUBLICATION})
DATASET_DOWNLOADED_SCHEMA = _object(DATASET | {"download": DOWNLOAD})
VISUALISATION_SCHEMA = _object(RESOURCE)
VISUALISATION_ERROR_SCHEMA = _object(RESOURCE, {"publication": PUBLICATION})
VISUALISATION_PUBLISHED_SCHEMA = _object(RESOURCE | {"publication": PUBLICATION})

_OWNER = {"type": "organization", "id": "ville", "name": "Ville"}
SAMPLE_DATASET: Json = {
    "id": "arbres-remarquables",
    "title": "Arbres remarquables",
    "description": "Les arbres remarquables de la commune.",
    "status": "finalized",
    "visibility": "public",
    "owner": _OWNER,
    "createdAt": "2026-03-02T08:30:00+00:00",
    "updatedAt": "2026-03-02T08:30:04+00:00",
    "originalFile": {"name": "arbres.csv", "size": 48213, "mimetype": "text/csv"},
    "count": 512,
    "dataUpdatedAt": "2026-03-02T08:30:00+00:00",
}
SAMPLE_VISUALISATION: Json = {
    "id": "arbres-par-quartier",
    "title": "Arbres par quartier",
    "description": "",
    "status": "created",
    "visibility": "public",
    "owner": _OWNER,
    "createdAt": "2026-03-02T09:00:00+00:00",
    "updatedAt": "2026-03-02T09:00:00+00:00",
}
SAMPLE_PUBLICATION: Json = {
    "action": "created",
    "catalog": {"id": "data-gouv-fr", "title": "data.gouv.fr", "type": "udata"},
    "targetUrl": "https://www.data.gouv.fr/datasets/arbres-remarquables/",
}

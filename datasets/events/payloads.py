"""The data of the events: their JSON schemas, samples of them, and the functions that build them."""

from __future__ import annotations

from datasets.models import Dataset, Publication, Resource
from datasets.types import Json

MAX_DESCRIPTION_CHARS = 2000
"""Longer descriptions are cut, so that an event stays far below its limit of 64 KiB."""


def resource_json(resource: Resource) -> Json:
    """Return what datasets and visualisations have in common, with Data Fair's names."""
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


def dataset_json(dataset: Dataset) -> Json:
    """Return a dataset: the common part, its last file, and the number of rows served (null: none yet)."""
    name, size, mimetype = dataset.last_file
    return resource_json(dataset) | {
        "originalFile": {"name": name, "size": size, "mimetype": mimetype},
        "count": dataset.row_count,
        "dataUpdatedAt": dataset.data_updated_at.isoformat(),
    }


def publication_json(publication: Publication, action: str | None = None) -> Json:
    """Return a publication; `action` is null when it failed."""
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

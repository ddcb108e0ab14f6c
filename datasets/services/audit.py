"""What the audit says of datasets, visualisations and catalogues."""

from __future__ import annotations

from dataclasses import asdict

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Values
from accounts.principal import Principal
from datasets.models import Catalog, Dataset, Publication, Resource, Visualisation

CURRENT = (Publication.Status.WAITING, Publication.Status.PUBLISHED)


@audit.register
class Action(models.TextChoices):
    """What was done to a dataset, a visualisation or a catalogue."""

    DATASET_CREATED = "dataset.created", _("dataset created")
    DATASET_DATA_REPLACED = "dataset.data_replaced", _("file of a dataset replaced")
    DATASET_UPDATED = "dataset.updated", _("dataset changed")
    DATASET_SHARED = "dataset.shared", _("visibility of a dataset changed")
    DATASET_PUBLISHED = "dataset.published", _("dataset published")
    DATASET_UNPUBLISHED = "dataset.unpublished", _("dataset taken off a catalog")
    DATASET_DELETED = "dataset.deleted", _("dataset deleted")
    VISUALISATION_CREATED = "visualisation.created", _("visualisation created")
    VISUALISATION_UPDATED = "visualisation.updated", _("visualisation changed")
    VISUALISATION_SHARED = "visualisation.shared", _("visibility of a visualisation changed")
    VISUALISATION_PUBLISHED = "visualisation.published", _("visualisation published")
    VISUALISATION_UNPUBLISHED = "visualisation.unpublished", _("visualisation taken off a catalog")
    VISUALISATION_DELETED = "visualisation.deleted", _("visualisation deleted")
    CATALOG_CREATED = "catalog.created", _("catalog created")
    CATALOG_UPDATED = "catalog.updated", _("catalog changed")
    CATALOG_DELETED = "catalog.deleted", _("catalog deleted")


def values(row: Resource | Catalog) -> Values:
    """Return what the audit says of a row; a resource's `catalogs` are those that show it or are about to."""
    if isinstance(row, Catalog):
        return {**_words(row), "kind": row.kind, "publications": row.publications.count()}
    own = _file(row) if isinstance(row, Dataset) else _chart(row)
    return {**_words(row), "is_public": row.is_public, **own, "catalogs": catalogs_of(row)}


def catalogs_of(resource: Resource) -> list[str]:
    """Return the ids of the catalogues that show `resource`, or are about to."""
    current = Publication.objects.about(resource).filter(status__in=CURRENT)
    return list(current.values_list("catalog__slug", flat=True))


def created(action: Action, row: Resource | Catalog, *, by: Principal) -> None:
    """Record that `row` was created."""
    _record(action, row, audit.difference(None, values(row)), by=by)


def changed(action: Action, row: Resource | Catalog, before: Values, *, by: Principal) -> None:
    """Record in what `row` differs from `before`, its `values` when it was locked; nothing when it does not."""
    if changes := audit.difference(before, values(row)):
        _record(action, row, changes, by=by)


def deleted(action: Action, row: Resource | Catalog, before: Values, *, by: Principal) -> None:
    """Record that `row` is about to be deleted."""
    _record(action, row, audit.difference(before, None), by=by)


def published(resource: Resource, before: list[str], *, by: Principal) -> None:
    """Record that `resource` was put on catalogues or taken off: which ones showed it `before`, and show it now."""
    after = catalogs_of(resource)
    if after == before:
        return
    is_dataset = isinstance(resource, Dataset)
    if len(after) > len(before):
        action = Action.DATASET_PUBLISHED if is_dataset else Action.VISUALISATION_PUBLISHED
    else:
        action = Action.DATASET_UNPUBLISHED if is_dataset else Action.VISUALISATION_UNPUBLISHED
    _record(action, resource, {"catalogs": (before, after)}, by=by)


def _words(row: Resource | Catalog) -> Values:
    return {"slug": row.slug, "title": row.title, "description": row.description}


def _file(dataset: Dataset) -> Values:
    return {"file": dataset.last_file[0], "revision": dataset.revision}


def _chart(visualisation: Visualisation) -> Values:
    dataset = visualisation.dataset
    return {"dataset": dataset.slug if dataset else None, **asdict(visualisation.chart)}


def _record(action: Action, row: Resource | Catalog, changes: audit.Changes, *, by: Principal) -> None:
    audit.record(action, account=row.account, about=row, by=by, changes=changes)

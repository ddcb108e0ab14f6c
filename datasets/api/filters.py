"""The parameters of lists that filter, sort, and choose fields, as in Data Fair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from django.db.models import Q
from django.utils.translation import gettext as _

from datasets.models.dataset import DatasetQuerySet
from datasets.models.search import MAX_WORDS
from datasets.models.visualisation import VisualisationQuerySet
from datasets.rows.filters import MAX_VALUES, InvalidQuery, check_number
from datasets.types import Json

SORT_FIELDS = {
    "id": "slug",
    "title": "title",
    "status": "status",
    "count": "row_count",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "dataUpdatedAt": "data_updated_at",
}
LISTS = ("owner", "visibility", "status", "id", "ids")
VISIBILITIES = {"public": True, "private": False}

Resources = TypeVar("Resources", DatasetQuerySet, VisualisationQuerySet)


def filter_resources(resources: Resources, parameters: Mapping[str, str]) -> Resources:
    """Apply `q`, `owner`, `visibility`, `status`, `id`, `ids` and `sort`; raise `InvalidQuery`."""
    _check_lengths(parameters)
    resources = resources.search(parameters.get("q", ""))
    for name, field in (("status", "status"), ("id", "slug"), ("ids", "slug")):
        if parameters.get(name):
            resources = resources.filter(**{f"{field}__in": parameters[name].split(",")})
    if parameters.get("visibility"):
        wanted = set(parameters["visibility"].split(","))
        resources = resources.filter(is_public__in=[public for name, public in VISIBILITIES.items() if name in wanted])
    fields = {name: field for name, field in SORT_FIELDS.items() if hasattr(resources.model, field)}
    ordering = parse_sort(parameters.get("sort", ""), fields)
    return _filter_by_owner(resources, parameters.get("owner", "")).order_by(*ordering, "-pk")


def parse_sort(sort: str, fields: Mapping[str, str]) -> list[str]:
    """Return the ordering of `title:1,createdAt:-1` or `title,-createdAt`; by default the latest changed first."""
    ordering = []
    for part in filter(None, (part.strip() for part in sort.split(","))):
        name, _sep, direction = part.partition(":")
        descending = direction == "-1" or name.startswith("-")
        field = fields.get(name.removeprefix("-"))
        if field is None or direction not in {"", "1", "-1"}:
            raise InvalidQuery("sort", _("Sort as in %(example)s.") % {"example": "title:1,createdAt:-1"})
        ordering.append(f"-{field}" if descending else field)
    return ordering or ["-updated_at"]


def select_fields(results: list[Json], select: str) -> list[Json]:
    """Keep the fields named by `select` (`a,b`, with the id and owner), or all but those named (`-a,-b`)."""
    names = [name.strip() for name in select.split(",") if name.strip()]
    without = {name.removeprefix("-") for name in names if name.startswith("-")}
    only = {name for name in names if not name.startswith("-")}
    kept = only | {"id", "owner"} if only else None
    return [{k: v for k, v in row.items() if k not in without and (kept is None or k in kept)} for row in results]


def _check_lengths(parameters: Mapping[str, str]) -> None:
    words = len(parameters.get("q", "").split())
    check_number("q", words, MAX_WORDS, _("At most %(maximum)s words can be looked for at once."))
    for name in LISTS:
        listed = parameters.get(name, "").count(",") + 1
        check_number(name, listed, MAX_VALUES, _("At most %(maximum)s values can be listed."))


def _filter_by_owner(resources: Resources, owner: str) -> Resources:
    """Apply `user:id,organization:id,-organization:id`: any of those named, none of those with a minus."""
    wanted, unwanted = Q(), Q()
    for part in filter(None, (part.strip() for part in owner.split(","))):
        kind, _sep, slug = part.removeprefix("-").partition(":")
        named = Q(account__kind=kind, account__slug=slug)
        if part.startswith("-"):
            unwanted |= named
        else:
            wanted |= named
    return resources.filter(wanted).exclude(unwanted) if unwanted else resources.filter(wanted)

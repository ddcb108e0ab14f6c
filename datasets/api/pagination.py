"""Which datasets or visualisations are asked for: Data Fair's parameters of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Q
from django.utils.translation import gettext as _

from datasets.models.dataset import DatasetQuerySet
from datasets.models.visualisation import VisualisationQuerySet
from datasets.rows.filters import WrongQuestion

DEFAULT_SIZE = 10
MAX_SIZE = 1_000
MAX_WINDOW = 10_000
SORTS = {
    "id": "slug",
    "title": "title",
    "status": "status",
    "count": "row_count",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "dataUpdatedAt": "data_updated_at",
}


Found = TypeVar("Found", DatasetQuerySet, VisualisationQuerySet)


def narrowed(found: Found, query: Mapping[str, str]) -> Found:
    """Apply `q`, `owner`, `visibility`, `status` and `sort`; raise `WrongQuestion`."""
    found = found.search(query.get("q", ""))
    for name, field in (("status", "status"), ("id", "slug"), ("ids", "slug")):
        if query.get(name):
            found = found.filter(**{f"{field}__in": query[name].split(",")})
    if query.get("visibility"):
        wanted = set(query["visibility"].split(","))
        found = found.filter(is_public__in=[public for public in (True, False) if _name(public) in wanted])
    known = {name: field for name, field in SORTS.items() if hasattr(found.model, field)}
    return _owned(found, query.get("owner", "")).order_by(*order(query.get("sort", ""), known), "-pk")


def window(query: Mapping[str, str], *, default: int = DEFAULT_SIZE, maximum: int = MAX_SIZE) -> tuple[int, int]:
    """Give how many to show after how many: `size`, and `skip` or `page` (from 1); raise `WrongQuestion`."""
    size = min(_number(query, "size", default), maximum)
    skip = _number(query, "skip", 0) if "skip" in query else (_number(query, "page", 1, minimum=1) - 1) * size
    return size, skip


def selected(results: list[dict[str, Any]], select: str) -> list[dict[str, Any]]:  # Any: JSON
    """Keep the fields named by `select` (`a,b`, with the id and owner), or all but those named (`-a,-b`)."""
    names = [name.strip() for name in select.split(",") if name.strip()]
    without = {name.removeprefix("-") for name in names if name.startswith("-")}
    only = {name for name in names if not name.startswith("-")}
    kept = only | {"id", "owner"} if only else None
    return [{k: v for k, v in row.items() if k not in without and (kept is None or k in kept)} for row in results]


def _name(public: bool) -> str:
    return "public" if public else "private"


def _owned(found: Found, owner: str) -> Found:
    """Read `user:id,organization:id,-organization:id`: any of those named, none of those with a minus."""
    wanted, unwanted = Q(), Q()
    for part in filter(None, (part.strip() for part in owner.split(","))):
        kind, _sep, slug = part.removeprefix("-").partition(":")
        named = Q(account__kind=kind, account__slug=slug)
        if part.startswith("-"):
            unwanted |= named
        else:
            wanted |= named
    return found.filter(wanted).exclude(unwanted) if unwanted else found.filter(wanted)


def order(sort: str, known: Mapping[str, str] = SORTS) -> list[str]:
    """Read `title:1,createdAt:-1` or `title,-createdAt`; the latest changed first when nothing is said."""
    terms = []
    for part in filter(None, (part.strip() for part in sort.split(","))):
        name, _sep, way = part.partition(":")
        descending = way == "-1" or name.startswith("-")
        field = known.get(name.removeprefix("-"))
        if field is None or way not in {"", "1", "-1"}:
            raise WrongQuestion("sort", _("Sort as in %(example)s.") % {"example": "title:1,createdAt:-1"})
        terms.append(f"-{field}" if descending else field)
    return terms or ["-updated_at"]


def _number(query: Mapping[str, str], name: str, default: int, *, minimum: int = 0) -> int:
    text = query.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) >= minimum):
        raise WrongQuestion(name, _("This is not a number from %(minimum)s.") % {"minimum": minimum})
    return int(text)

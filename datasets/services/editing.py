"""Change a row that others may be changing at the same moment: under its lock, and only what is to be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from django.db import transaction

from accounts.preconditions import fingerprint
from datasets.models import Catalog, Dataset, Publication, Visualisation

Row = TypeVar("Row", Dataset, Visualisation, Catalog)

EDITED: dict[type[Dataset | Visualisation | Catalog], tuple[str, ...]] = {
    Dataset: ("title", "description", "is_public", "revision"),
    Visualisation: ("title", "description", "is_public", "dataset_id", "mark", "x", "y", "aggregate", "colour"),
    Catalog: ("title", "description"),
}
"""The columns that can be set; the `revision` of a dataset counts its files."""


def edition(row: Dataset | Visualisation | Catalog, fields: Sequence[str] = ()) -> str:
    """Return the fingerprint of `fields` of `row`, or else of all that can be set of it, its catalogues included.

    What workers do (reading a file, drawing, publishing) changes no edition: it undoes nothing that a person has set.
    """
    values: list[object] = [row.pk, *(getattr(row, name) for name in fields or EDITED[type(row)])]
    if not fields and not isinstance(row, Catalog):
        removed = Publication.Status.DELETED
        values.append(sorted(one.catalog_id for one in row.publications.all() if one.status != removed))
    return fingerprint(values)


@contextmanager
def checked(row: Row, check: Callable[[str], None], fields: Sequence[str] = ()) -> Iterator[None]:
    """Lock `row` for what is done inside, all of it or nothing, once `check` has accepted its `edition` of now.

    Raise DoesNotExist when it was deleted, and what `check` raises.
    """
    with transaction.atomic():
        check(edition(locked(row), fields))
        yield


def locked(row: Row) -> Row:
    """Return `row` as it is now, locked until the transaction ends; raise DoesNotExist when it was deleted."""
    found: Row = type(row)._default_manager.select_for_update(of=("self",)).select_related("account").get(pk=row.pk)
    return found


def assign(row: Row, values: Mapping[str, object]) -> list[str]:
    """Set the fields of `row` that `values` gives another value (None: as it is); return their names."""
    changed = [name for name, value in values.items() if value is not None and getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def save_changed(row: Row, changed: list[str]) -> None:
    """Write the fields `changed`, and when; do nothing when there are none."""
    if changed:
        row.save(update_fields=[*changed, "updated_at"])

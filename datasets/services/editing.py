"""Change a row that others may be changing at the same moment: under its lock, and only what is to be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from datasets.models import Catalog, Dataset, Visualisation

Row = TypeVar("Row", Dataset, Visualisation, Catalog)


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

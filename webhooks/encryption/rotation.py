"""Re-seal what is stored with the first key, beside everything that reads and edits it meanwhile.

What is done is seen on the value itself: a run that was killed is gone on with by the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction

from webhooks.encryption.fields import SealedField
from webhooks.encryption.keys import SealingKey, key_ring
from webhooks.encryption.sealing import Unsealable, key_of, reseal

BATCH = 100
"""Rows read, or locked, at once: who edits one of them waits for about a tenth of a second at the most."""


@dataclass(slots=True)
class Tally:
    """What opens the values of a column: how many each key, by its name; the rows by primary key where it matters."""

    by_key: Counter[str] = field(default_factory=Counter)
    outdated: list[Any] = field(default_factory=list)
    """Rows that another key than the first opens."""
    unreadable: list[Any] = field(default_factory=list)
    """Rows that no key opens."""


def tally(column: SealedField) -> Tally:
    """Return which keys open what is in a column, without a lock."""
    found = Tally()
    for pk, sealed in _values(column):
        key = _opener(sealed)
        if key is None:
            found.unreadable.append(pk)
            continue
        found.by_key[key.name] += 1
        if key != key_ring()[0]:
            found.outdated.append(pk)
    return found


def reseal_rows(column: SealedField, pks: Collection[Any]) -> Iterator[int]:
    """Re-seal the values of the rows `pks`; yield now and then how many rows are done.

    Each batch is a transaction, which waits for no row while it holds others and so is part of no deadlock; a row that
    somebody else holds is done at the end, alone. What was re-sealed or deleted meanwhile, or what no key opens, stays
    as it is.
    """
    rows, busy, done = list(pks), [], 0
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        free = _reseal_locked(column, batch, skip_locked=True)
        busy += [pk for pk in batch if pk not in free]
        done += len(free)
        yield done
    for pk in busy:
        _reseal_locked(column, [pk], skip_locked=False)
        done += 1
        yield done


@transaction.atomic
def _reseal_locked(column: SealedField, pks: Collection[Any], *, skip_locked: bool) -> set[Any]:
    """Lock rows, re-seal what they hold then, and return which were there to be locked."""
    # Not the keys of the rows: deliveries may refer to them meanwhile.
    locked = _rows(column).filter(pk__in=pks).select_for_update(skip_locked=skip_locked, no_key=True)
    values = dict(locked.order_by("pk").values_list("pk", column.attname))
    for pk, sealed in values.items():
        if _opener(sealed) not in {None, key_ring()[0]}:
            _rows(column).filter(pk=pk, **{column.attname: sealed}).update(**{column.attname: reseal(sealed)})
    return set(values)


def _rows(column: SealedField) -> models.QuerySet[Any]:
    """Return the rows that hold a value, the deleted ones that wait for their purge among them."""
    return column.model._base_manager.filter(**{f"{column.attname}__gt": ""})


def _values(column: SealedField) -> Iterator[tuple[Any, str]]:
    """Yield primary key and value of each row in short reads; nothing is locked or held open in between."""
    rows = _rows(column).order_by("pk").values_list("pk", column.attname)
    batch = list(rows[:BATCH])
    while batch:
        yield from batch
        batch = list(rows.filter(pk__gt=batch[-1][0])[:BATCH])


def _opener(sealed: str) -> SealingKey | None:
    try:
        return key_of(sealed)
    except Unsealable:
        return None

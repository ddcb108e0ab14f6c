"""Names that resources go by: `cities`, else `cities-2`, `cities-3` and so on."""

from __future__ import annotations

from itertools import count

from django.db import IntegrityError, models, transaction
from django.utils.text import slugify

MAX_BASE_CHARS = 80


def insert(instance: models.Model, *, wanted: str, fallback: str) -> None:
    """Save the new `instance` under the first free slug made of `wanted`, or of `fallback` if nothing remains of it.

    Two that are inserted at once do not get the same: the unique constraint decides, and the later one counts on.
    """
    base = slugify(wanted)[:MAX_BASE_CHARS].strip("-_") or fallback
    rows = type(instance)._default_manager.filter(slug__startswith=base)
    taken = set(rows.values_list("slug", flat=True))
    for number in count(1):
        slug = base if number == 1 else f"{base}-{number}"
        if slug in taken:
            continue
        instance.slug = slug  # type: ignore[attr-defined]  # every model given here has one
        try:
            with transaction.atomic():
                instance.save(force_insert=True)
        except IntegrityError:
            if not rows.filter(slug=slug).exists():
                raise
        else:
            return

"""Slugs of resources: `cities`, and when it is taken `cities-2`, `cities-3` and so on."""

from __future__ import annotations

from itertools import count
from typing import Any, Protocol

from django.db import IntegrityError, transaction
from django.utils.text import slugify

MAX_BASE_CHARS = 80


class SluggedModel(Protocol):
    """A model with a unique `slug`."""

    slug: Any
    _default_manager: Any

    def save(self, *, force_insert: bool = False) -> None: ...


def insert_with_slug(instance: SluggedModel, *, wanted: str, fallback: str) -> None:
    """Save the new `instance` with the first free slug made of `wanted`, or of `fallback` if that leaves nothing.

    When another process takes the slug at the same time, the unique constraint fails and the next number is tried.
    """
    base = slugify(wanted)[:MAX_BASE_CHARS].strip("-_") or fallback
    rows = type(instance)._default_manager.filter(slug__startswith=base)
    taken = set(rows.values_list("slug", flat=True))
    for number in count(1):
        slug = base if number == 1 else f"{base}-{number}"
        if slug in taken:
            continue
        instance.slug = slug
        try:
            with transaction.atomic():
                instance.save(force_insert=True)
        except IntegrityError:
            if not rows.filter(slug=slug).exists():
                raise
        else:
            return

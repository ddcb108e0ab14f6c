"""Search by words, for the querysets of the models."""

from __future__ import annotations

from django.db.models import Q


def has_words(text: str, *fields: str) -> Q:
    """Return the condition that each word of `text` is contained in one of `fields`, whatever its case."""
    condition = Q()
    for word in text.split():
        in_any_field = Q()
        for field in fields:
            in_any_field |= Q(**{f"{field}__icontains": word})
        condition &= in_any_field
    return condition

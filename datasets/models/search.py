"""Search by words, for the querysets of the models."""

from __future__ import annotations

from django.db.models import Q

MAX_WORDS = 20
"""Words looked for; a condition of hundreds of terms is more than SQLite takes, and than anybody types."""


def has_words(text: str, *fields: str) -> Q:
    """Return the condition that each of the first words of `text` is in one of `fields`, whatever its case."""
    condition = Q()
    for word in text.split()[:MAX_WORDS]:
        in_any_field = Q()
        for field in fields:
            in_any_field |= Q(**{f"{field}__icontains": word})
        condition &= in_any_field
    return condition

"""The keys of columns in queries and in the API."""

from __future__ import annotations

from itertools import count

from django.utils.text import slugify

MAX_KEY_CHARS = 80


def column_keys(names: list[str]) -> list[str]:
    """Return a key for each column: ASCII, lower case, underscores, unique; never with a leading `_`, as our `_i`."""
    keys: dict[str, None] = {}
    for name in names:
        base = slugify(name).replace("-", "_").strip("_")[:MAX_KEY_CHARS] or "column"
        key = next(key for n in count(1) if (key := base if n == 1 else f"{base}_{n}") not in keys)
        keys[key] = None
    return list(keys)

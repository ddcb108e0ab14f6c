"""The column in which sealed values are stored, and where there are such columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db import models


class SealedField(models.TextField[str, str]):
    """A column of what `seal` returned, or empty; by its class the rotation of keys finds every one.

    For migrations it is a text column: making one of these out of another changes nothing in the database.
    """

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """Describe the column as the TextField that it is for the database."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


def sealed_fields() -> list[SealedField]:
    """Return the sealed columns of all models, in the order of their names."""
    found = [
        field
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
        if isinstance(field, SealedField)
    ]
    return sorted(found, key=str)

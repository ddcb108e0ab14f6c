"""What the operators' admins of every room are built from: tables to read, too long to be counted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest
from django.utils.functional import cached_property

MAX_COUNT = 10_000
"""Rows counted at most: an exact number of pages is not worth reading a whole table."""


class LimitedCountPaginator(Paginator[Any]):
    """A paginator that stops counting at `MAX_COUNT`."""

    @cached_property
    def count(self) -> int:
        """The number of rows, or `MAX_COUNT` if there are more."""
        rows: Any = self.object_list
        return int(rows[:MAX_COUNT].count())


class ReadOnly:
    """Permissions with which nothing can be added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False


class ReadOnlyAdmin(ReadOnly, admin.ModelAdmin[Any]):
    """A long table, to be read."""

    paginator = LimitedCountPaginator
    show_full_result_count = False
    list_per_page = 50

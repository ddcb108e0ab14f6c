"""Long lists in parts, newest first: a cursor stays right and cheap however much is written meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.utils.urls import replace_query_param

from webhooks.api.base import refuse

M = TypeVar("M", bound=Model)

COUNT_LIMIT = 10_000
"""Rows counted at the most: counting millions would cost more than the list."""


def page(
    found: QuerySet[M],
    *,
    request: Request,
    asked: Mapping[str, Any],  # Any: validated values
    serializer: type[Serializer[M]],
) -> dict[str, Any]:  # Any: JSON
    """Give `{count, countIsExact, next, results}` of rows ordered by descending key."""
    size = asked["size"]
    rows = list(_after(found, asked.get("cursor"))[: size + 1])
    counted = found.order_by()[: COUNT_LIMIT + 1].count()
    more = len(rows) > size > 0
    return {
        "count": min(counted, COUNT_LIMIT),
        "countIsExact": counted <= COUNT_LIMIT,
        "next": replace_query_param(request.build_absolute_uri(), "cursor", rows[size - 1].pk) if more else None,
        "results": serializer(rows[:size], many=True).data,  # type: ignore[arg-type]  # the stub knows one instance only,
    }


def _after(found: QuerySet[M], cursor: str | None) -> QuerySet[M]:
    if cursor is None:
        return found
    try:
        return found.filter(pk__lt=cursor)
    except (ValueError, ValidationError):
        refuse({"cursor": [_("This cursor is not one of ours.")]})

"""The envelopes of lists: a short one whole, a long one by a cursor, which stays right while rows are added."""

from __future__ import annotations

from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.serializers import ListSerializer, Serializer
from rest_framework.utils.urls import replace_query_param

from webhooks.api.base import refuse
from webhooks.types import Json

M = TypeVar("M", bound=Model)

MAX_COUNT = 10_000
"""Rows counted at the most: to count millions would cost more than the list."""


def whole(results: list[Any]) -> Json:
    """Return `{count, results}` of a list that is short enough to be sent as it is."""
    return {"count": len(results), "results": results}


def page(found: QuerySet[M], *, request: Request, params: Json, serializer: type[Serializer[M]]) -> Json:
    """Return `{count, countIsExact, next, results}` of rows ordered by descending key.

    `params` are validated `ListParams`.
    """
    size = params["size"]
    rows = list(_after(found, params.get("cursor"))[: size + 1])
    count = found.order_by()[: MAX_COUNT + 1].count()
    has_more = len(rows) > size > 0
    return {
        "count": min(count, MAX_COUNT),
        "countIsExact": count <= MAX_COUNT,
        "next": replace_query_param(request.build_absolute_uri(), "cursor", rows[size - 1].pk) if has_more else None,
        "results": ListSerializer(rows[:size], child=serializer()).data,
    }


def _after(found: QuerySet[M], cursor: str | None) -> QuerySet[M]:
    if cursor is None:
        return found
    try:
        return found.filter(pk__lt=cursor)
    except (ValueError, ValidationError):
        refuse({"cursor": [_("This cursor is not one of ours.")]})

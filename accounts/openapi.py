"""The description of the API says which routes bear an ETag and obey preconditions, and what they answer then."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import SAFE_METHODS

ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201],
    description="The tag of the resource, for If-Match and If-None-Match",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="Only while what can be edited is as it was under one of these tags, or exists (`*`); else 412",
)
IF_CHANGED = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="Answer 304 while the answer is the one under one of these tags",
)
IF_NEW = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="Only while there is no such resource (`*`), or none of these tags names it; else 412",
)
UNCHANGED = {"description": "The client has this answer already", "headers": {"ETag": {"schema": {"type": "string"}}}}
ERROR = {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}
FAILED = {
    "description": "If-Match or If-None-Match is not met; nothing was changed",
    "content": {"application/json": {"schema": ERROR}},
}


class ConditionalSchema(AutoSchema):
    """The schema of every view; of `ConditionalView` with the headers, and the answers 304 and 412."""

    @property
    def _is_conditional(self) -> bool:
        return self.method in getattr(self.view, "conditional", ())

    def get_override_parameters(self) -> list[Any]:
        """Return the headers of preconditions; `extend_schema` adds what it declares."""
        if not self._is_conditional:
            return []
        tag = [] if self.method == "DELETE" else [ETAG]
        return [IF_MATCH, IF_CHANGED if self.method in SAFE_METHODS else IF_NEW, *tag]

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction=direction)
        if self._is_conditional:
            if self.method in SAFE_METHODS:
                bodies["304"] = UNCHANGED
            bodies["412"] = FAILED
        return bodies

"""What the OpenAPI description says of every route: the authentication schemes, and the errors."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # not annotated upstream
    """An API key, in Data Fair's header or as a bearer token."""

    target_class = "accounts.authentication.ApiKeyAuthentication"
    name = ["apiKey", "bearer"]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        """Return both headers."""
        return [
            {"type": "apiKey", "in": "header", "name": "x-apiKey"},
            {"type": "http", "scheme": "bearer", "bearerFormat": "pv_…"},
        ]


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # as above
    """The session of a signed-in user; unsafe requests need the CSRF token."""

    target_class = "accounts.authentication.AccountSessionAuthentication"
    match_subclasses = True
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the session cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


ERROR: dict[str, Any] = {
    "type": "object",
    "description": "What is wrong: one sentence, and for a request that is not valid the sentences of each field.",
    "properties": {
        "detail": {"type": "string"},
        "errors": {"type": "object", "description": "By field; below a field lists and objects may nest."},
    },
    "required": ["detail"],
}


def add_errors(result: dict[str, Any], **_arguments: Any) -> dict[str, Any]:
    """Add to every operation of the document `result` the errors that any of them may answer."""
    result["components"].setdefault("schemas", {})["Error"] = ERROR
    answer = {
        "description": "Refused, or failed.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"] |= {"4XX": answer, "5XX": answer}
    return result

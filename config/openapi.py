"""The authentication schemes in the OpenAPI description."""

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

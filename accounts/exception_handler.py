"""One shape for every error of the API: `{"detail": …, "errors": {field: […]}}`."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler as drf_exception_handler

from accounts.errors import as_api_error


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Return DRF's response in our shape, or None for an exception that neither DRF nor we know (a 500)."""
    exc = as_api_error(exc)
    answer = drf_exception_handler(exc, context)
    if answer is not None and isinstance(exc, ValidationError):
        fields = answer.data if isinstance(answer.data, dict) else {api_settings.NON_FIELD_ERRORS_KEY: answer.data}
        answer.data = {"detail": _first(fields) or _("The request is not valid."), "errors": fields}
    return answer


def _first(tree: object) -> str:
    """Return the first message in a tree of errors, which becomes `detail`."""
    if isinstance(tree, ErrorDetail | str):
        return str(tree)
    if isinstance(tree, dict):
        return next((found for value in tree.values() if (found := _first(value))), "")
    if isinstance(tree, list):
        return next((found for value in tree if (found := _first(value))), "")
    return ""

"""One shape for every error of the API: `{"detail": …, "errors": {field: […]}}`."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, ParseError, ValidationError
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler as drf_exception_handler


class TooLarge(APIException):
    """The request is larger than allowed: by default, than what is kept in memory."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE

    def __init__(self, detail: str = "") -> None:
        maximum = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1000
        super().__init__(
            detail or _("The request is too large: at most %(maximum)s kB are accepted.") % {"maximum": maximum}
        )


def as_api_error(error: Exception) -> Exception:
    """Return the error of the API for one that Django raises while it reads a request; any other as it is."""
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return ParseError()
    return error


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

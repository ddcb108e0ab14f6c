"""The errors of the API that any route may raise."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError


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

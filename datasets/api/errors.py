"""The errors of the API, and the HTTP status of each."""

from __future__ import annotations

from django.core.exceptions import ObjectDoesNotExist
from rest_framework import exceptions, status

from accounts.errors import TooLarge
from datasets.files.uploads import UploadRefused
from datasets.rows import questions
from datasets.rows.filters import InvalidQuery


class NoDataYet(exceptions.APIException):
    """The dataset has no rows to show: its file waits, is being read, or cannot be read."""

    status_code = status.HTTP_409_CONFLICT


class NotPublishable(exceptions.APIException):
    """The resource cannot be published in its present state."""

    status_code = status.HTTP_409_CONFLICT


class LengthRequired(exceptions.APIException):
    """The request of an upload has no Content-Length."""

    status_code = status.HTTP_411_LENGTH_REQUIRED


class Unanswered(exceptions.APIException):
    """The rows cannot be searched now, or not with this question; `wait` becomes Retry-After."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    wait = questions.RETRY_AFTER_S


def as_api_error(error: Exception) -> Exception:
    """Return the error of the API for one of this app; any other as it is."""
    if isinstance(error, InvalidQuery):
        return exceptions.ValidationError({error.field: [error.message]})
    if isinstance(error, questions.Unanswered):
        return Unanswered(str(error))
    if isinstance(error, UploadRefused):
        message = str(error.message)
        too_large = error.status == TooLarge.status_code
        return TooLarge(message) if too_large else exceptions.ValidationError({"file": [message]})
    if isinstance(error, ObjectDoesNotExist):  # it was deleted since the request found it
        return exceptions.NotFound()
    return error

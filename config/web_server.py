"""The web server of `up`, waitress, with our own answer to a body that it does not take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import translation
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask
from waitress.utilities import RequestEntityTooLarge

from accounts.errors import TooLarge
from config.bad_request import bad_request
from datasets.files.uploads import UploadTooLarge


def channel(*args: Any, **options: Any) -> HTTPChannel:
    """Return waitress's connection, which answers a body over the limit as we do: for `channel_class`."""
    made = HTTPChannel(*args, **options)
    made.error_task_class = _error_task
    return made


@dataclass(frozen=True)
class _TooLargeAnswer:
    """What waitress asks of its own errors."""

    path: str
    accept_language: str

    def to_response(self, _ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return status, headers and body: a page or the API's JSON, in the caller's language."""
        request = HttpRequest()
        request.path = self.path
        request.META["HTTP_ACCEPT_LANGUAGE"] = self.accept_language
        with translation.override(translation.get_language_from_request(request)):
            answer = bad_request(request, TooLarge(str(UploadTooLarge().message)))
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return f"{answer.status_code} {answer.reason_phrase}", list(answer.items()), answer.content


def _error_task(channel: HTTPChannel, request: Any) -> ErrorTask:
    if isinstance(request.error, RequestEntityTooLarge):
        request.error = _TooLargeAnswer(request.path, request.headers.get("ACCEPT_LANGUAGE", ""))
    return ErrorTask(channel, request)

"""The answer to a request that cannot be read: a page, or JSON below `/api/`."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from rest_framework.exceptions import APIException, ParseError

from accounts.errors import TooLarge, as_api_error


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 413 for a request that is too large, and 400 for any other that Django cannot read."""
    error = as_api_error(exception)
    if not isinstance(error, APIException):
        error = ParseError()
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": str(error.detail)}, status=error.status_code)
    page = "413.html" if isinstance(error, TooLarge) else "400.html"
    return HttpResponse(render_to_string(page), status=error.status_code)

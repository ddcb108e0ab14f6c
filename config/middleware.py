"""The headers that every response carries."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers


class VaryOnHtmx:
    """Let caches distinguish a page from the part of it that htmx requests at the same URL.

    Without it, a browser that goes back shows the part instead of the page, because it received it last.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        return response

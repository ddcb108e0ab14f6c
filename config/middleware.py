"""What every request must be, and the headers that every response carries."""

import codecs
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError

from config.bad_request import bad_request

UNUSED_FEATURES = (
    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation"),
    *("gyroscope", "hid", "magnetometer", "microphone", "midi", "payment", "picture-in-picture"),
    *("publickey-credentials-get", "screen-wake-lock", "serial", "usb", "web-share", "xr-spatial-tracking"),
)
"""Of browsers (https://www.w3.org/TR/permissions-policy/, read 2026-11): no page of ours asks for one."""


class PermissionsPolicy:
    """Switch off what no page needs, whatever script should ever run on one."""

    value = ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES)

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.value)
        return response


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


class OnlyUtf8:
    """Refuse a request that says its text is in another encoding than UTF-8.

    Python knows encodings that decode to lone surrogates (UTF-7) or to no text at all (hex).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.encoding is not None and codecs.lookup(request.encoding).name != "utf-8":
            return bad_request(request, ParseError(_("The request is not encoded in UTF-8.")))
        return self.get_response(request)


class NoNul:
    """Refuse a NUL in the path, the query or a cookie: PostgreSQL can compare nothing with it, and nobody types it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        query = request.META.get("QUERY_STRING", "")
        cookies = request.COOKIES.values()  # which spell it in octal: `sessionid="\\000…"`
        if "%00" in query or any("\0" in text for text in (request.path_info, query, *cookies)):
            return bad_request(request, ParseError())
        return self.get_response(request)

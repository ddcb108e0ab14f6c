"""The root of the REST API: the routes of every room, the OpenAPI description and its page."""

from typing import Any, NoReturn

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView


@extend_schema(exclude=True)
class NoRoute(APIView):
    """What no route of the API answers to: in the shape of its errors, where a page would not be understood."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Answer 404, whatever the method."""
        raise NotFound


description = SpectacularJSONAPIView.as_view(renderer_classes=[OpenApiJsonRenderer2, OpenApiJsonRenderer])
documentation = SpectacularSwaggerSplitView.as_view(template_name="api/docs.html", url_name="api:openapi")

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("datasets.api.urls")),
    path("", include("webhooks.api.urls")),
    path("openapi.json", description, name="openapi"),
    path("docs/", documentation, name="docs"),
]

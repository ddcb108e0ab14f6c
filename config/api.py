"""The root of the REST API: the routes of every room, the OpenAPI description and its page."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

description = SpectacularJSONAPIView.as_view(renderer_classes=[OpenApiJsonRenderer2, OpenApiJsonRenderer])
documentation = SpectacularSwaggerSplitView.as_view(template_name="api/docs.html", url_name="api:openapi")

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("datasets.api.urls")),
    path("", include("webhooks.api.urls")),
    path("openapi.json", description, name="openapi"),
    path("docs/", documentation, name="docs"),
]

"""The root of the REST API: the routes of every room, its description and its documentation."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularJSONAPIView

from config import openapi  # noqa: F401 -- registers the ways in

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("webhooks.api.urls")),
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
]

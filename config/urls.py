"""Every address of the site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("accounts.urls")),
    path("", include("webhooks.urls")),
    path("", include("datasets.urls")),
    path("api/v1/", include("config.api")),
    path("admin/", admin.site.urls),
    path("", RedirectView.as_view(pattern_name="accounts:settings"), name="home"),
]

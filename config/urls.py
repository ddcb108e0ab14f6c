"""The root URL configuration."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from accounts.views.sign_in import operator_sign_in
from config.api import NoRoute

handler400 = "config.bad_request.bad_request"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("accounts.urls")),
    path("", include("webhooks.urls")),
    path("", include("datasets.urls")),
    path("api/v1/", include("config.api")),
    re_path("^api/", NoRoute.as_view()),
    path("admin/login/", operator_sign_in, name="operator_sign_in"),
    path("admin/", admin.site.urls),
]

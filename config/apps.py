"""The config room."""

from importlib import import_module

from django.apps import AppConfig
from django.core.checks import Tags, register


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Register the checks and the authentication schemes of the OpenAPI description."""
        from config.checks import check_trusted_proxies

        register(check_trusted_proxies, Tags.security, deploy=True)
        import_module("config.openapi")

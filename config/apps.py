"""The config room."""

from django.apps import AppConfig
from django.core.checks import Tags, register


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Register the checks."""
        from config.checks import check_trusted_proxies

        register(check_trusted_proxies, Tags.security, deploy=True)

"""What `manage.py check --deploy` says of this project's own settings."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning

PROXIES_NOT_DECLARED = "config.W001"


def check_trusted_proxies(**_options: Any) -> list[CheckMessage]:
    """Warn of https without a declared proxy: redirections would loop, and all clients would have one address."""
    if settings.TRUSTED_PROXIES or not settings.PUBLIC_URL.startswith("https://"):
        return []
    return [
        Warning(
            "PUBLIC_URL is https, but TRUSTED_PROXIES is 0: behind a proxy that ends TLS every page would be redirected"
            " to itself, and all clients would be counted as one.",
            hint="Set TRUSTED_PROXIES to the number of proxies before this server (it may stay 0 only if the server"
            " ends TLS itself).",
            id=PROXIES_NOT_DECLARED,
        )
    ]

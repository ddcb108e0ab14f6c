"""The configuration of the app: its targets and its system checks."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        from webhooks import checks, targets

        targets.load()
        checks.register()

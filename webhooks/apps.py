"""The webhooks room."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        from webhooks import checks, targets  # noqa: PLC0415 -- the registries are filled once Django is ready

        targets.load()
        checks.register()

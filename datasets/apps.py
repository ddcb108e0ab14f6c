"""The datasets room."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "datasets"

    def ready(self) -> None:
        from datasets import receivers  # noqa: PLC0415 -- models cannot be imported before the registry of apps is full
        from datasets.events import receivers as event_receivers  # noqa: PLC0415 -- as above

        event_receivers.connect()
        receivers.connect()

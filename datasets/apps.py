"""The configuration of the app."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "datasets"

    def ready(self) -> None:
        from datasets import receivers
        from datasets.events import receivers as event_receivers

        event_receivers.connect()
        receivers.connect()

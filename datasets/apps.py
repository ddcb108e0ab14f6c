"""The datasets room."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "datasets"

    def ready(self) -> None:
        from datasets import events, reactions  # noqa: PLC0415 -- registers event types and connects the signals, once

        events.connect()
        reactions.connect()

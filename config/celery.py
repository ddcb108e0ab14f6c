"""The Celery application: one queue for the courier, one for ingestion."""

import os

from celery import Celery
from celery.signals import worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("porte-voix")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_shutting_down.connect
def stop_couriers(**_signal: object) -> None:
    """Ask the couriers, also those in forked children, to finish: Celery waits for them."""
    from webhooks.courier import stopping  # noqa: PLC0415 -- models cannot be imported before the settings are read

    stopping.set()

"""The Celery application: one queue for the courier, one for ingestion."""

import os

from celery import Celery
from celery.signals import worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def make_app(*, current: bool) -> Celery:
    """Give an application with this project's settings and tasks.

    Which queues are consumed is a state of the application: two workers in one process need one each.
    """
    made = Celery("porte-voix", set_as_current=current)
    made.config_from_object("django.conf:settings", namespace="CELERY")
    made.autodiscover_tasks()
    return made


app = make_app(current=True)


@worker_shutting_down.connect
def stop_couriers(**_signal: object) -> None:
    """Ask the couriers, also those in forked children, to finish: Celery waits for them."""
    from webhooks.courier import stopping  # noqa: PLC0415 -- models cannot be imported before the settings are read

    stopping.set()

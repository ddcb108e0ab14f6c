"""The Celery application: one queue for the courier, one for ingestion."""

import os

from celery import Celery
from celery.signals import task_prerun, worker_shutting_down
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TASKS_PER_CONNECTION = 1000
"""Tasks between two closings of the database connection: Celery would close it around every task, and to open one
costs PostgreSQL 8 ms of a core."""


def make_app(*, current: bool) -> Celery:
    """Return a Celery application with this project's settings and tasks.

    An application holds the queues that its worker consumes: two workers in one process need one each.
    """
    made = Celery("porte-voix", set_as_current=current)
    made.config_from_object("django.conf:settings", namespace="CELERY")
    made.conf.CELERY_DB_REUSE_MAX = TASKS_PER_CONNECTION
    made.autodiscover_tasks()
    return made


app = make_app(current=True)


@worker_shutting_down.connect
def stop_couriers(**_signal: object) -> None:
    """Ask the couriers, also those in forked children, to finish: Celery waits for them."""
    from webhooks.delivery import shutdown_flag  # noqa: PLC0415 -- models cannot be imported before the settings are read

    shutdown_flag.set()


@task_prerun.connect
def renew_connections(**_signal: object) -> None:
    """Close a database connection that is too old or broken, as Django does before each request."""
    close_old_connections()

"""The Celery application: one queue for the courier, one for ingestion."""

import os

from celery import Celery
from celery.signals import task_prerun, worker_shutting_down
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TASKS_PER_CONNECTION = 1000
"""Celery would close the database connection around every task, and opening one takes PostgreSQL 8 ms of a core."""


def make_app(*, current: bool) -> Celery:
    """Give an application with this project's settings and tasks.

    Which queues are consumed is a state of the application: two workers in one process need one each.
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
    """Let go of a connection that is old or was cut, as Django does before each of its requests."""
    close_old_connections()

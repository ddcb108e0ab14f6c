"""The Celery application of the plain task."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peers.plain_task.settings")

app = Celery("plain_task")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery closes the database connection after every task unless told how many may share it.
app.conf.CELERY_DB_REUSE_MAX = 1_000_000
app.autodiscover_tasks(["bench.peers.plain_task"])

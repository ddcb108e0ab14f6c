"""The Celery application of the project that uses django-webhook."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peers.django_webhook.settings")

app = Celery("django_webhook")
app.config_from_object("django.conf:settings", namespace="CELERY")
if os.environ.get("TUNED"):
    # Celery closes the database connection after every task unless told how many may share it.
    app.conf.CELERY_DB_REUSE_MAX = 1_000_000
app.autodiscover_tasks()

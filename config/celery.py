"""The Celery application: one queue for the courier, one for ingestion."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("porte-voix")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

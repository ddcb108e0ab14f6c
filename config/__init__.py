"""Where the rooms are put together: settings, Celery, URLs."""

from config.celery import app as celery_app

__all__ = ("celery_app",)

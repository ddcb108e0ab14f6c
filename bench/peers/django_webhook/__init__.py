"""The package django-webhook, the one that people find: a model whose saves call webhooks, one Celery task each."""

from bench.peers.django_webhook.celery import app as celery_app

__all__ = ("celery_app",)

"""Set the project that uses django-webhook up, and save what calls it."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peers.django_webhook.settings")
django.setup()

from django.core.management import call_command
from django.db import transaction
from django_webhook.models import Webhook, WebhookSecret, WebhookTopic

from bench import emitting
from bench.peers.django_webhook.articles.models import Article, Note
from bench.peers.payload import DATA

KINDS = {"a": Article, "b": Note}


def setup(endpoints: list[emitting.Endpoint]) -> None:
    """Make the tables, and a webhook with its secret for each endpoint."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    for endpoint in endpoints:
        topic, _ = WebhookTopic.objects.get_or_create(name=f"{KINDS[endpoint['kind']]._meta.label}/create")
        webhook = Webhook.objects.create(url=endpoint["url"])
        webhook.topics.add(topic)
        WebhookSecret.objects.create(webhook=webhook, token="0123456789abcdef")  # noqa: S106 -- nothing guards with it


def emit(kind: str) -> str:
    """Save a row in a transaction; the package sends its messages from the save."""
    with transaction.atomic():
        saved = KINDS[kind].objects.create(data=DATA)
    return saved.pk.hex


if __name__ == "__main__":
    emitting.main(setup=setup, emit=emit)

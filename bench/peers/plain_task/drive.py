"""Set the plain task up, and emit events that call it."""

import os
import secrets

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peers.plain_task.settings")
django.setup()

from django.core.management import call_command
from django.db import transaction

from bench import emitting
from bench.peers.payload import DATA, body
from bench.peers.plain_task.models import Endpoint, Event
from bench.peers.plain_task.tasks import deliver


def setup(endpoints: list[emitting.Endpoint]) -> None:
    """Make the tables and the endpoints."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    for endpoint in endpoints:
        Endpoint.objects.create(url=endpoint["url"], kind=endpoint["kind"], secret=secrets.token_hex(16))


def emit(kind: str) -> str:
    """Insert an event and, once committed, one message per endpoint that listens to its kind."""
    with transaction.atomic():
        event = Event.objects.create(kind=kind, data=DATA)
        transaction.on_commit(lambda: _call(event))
    return event.pk.hex


def _call(event: Event) -> None:
    text = body(event.pk.hex)
    for endpoint_id in Endpoint.objects.filter(kind=event.kind, enabled=True).values_list("pk", flat=True):
        deliver.delay(endpoint_id, event.pk.hex, text)


if __name__ == "__main__":
    emitting.main(setup=setup, emit=emit)

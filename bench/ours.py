"""Porte-voix as a sender: webhooks made by its own verb, events recorded by its own outbox."""

import os
from functools import cache

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import Account
from accounts.principal import WORKER
from accounts.services.users import create_account
from bench import emitting
from webhooks.events import outbox, registry
from webhooks.models import Event
from webhooks.subscriptions.services import create_webhook
from webhooks.subscriptions.spec import WebhookSpec

KINDS = {"a": "dataset.finalized", "b": "dataset.error"}
RESOURCE = outbox.Resource(
    "dataset", "benchmark", "Arbres de la ville", "/dataset/benchmark", "/api/v1/datasets/benchmark"
)

# Ids as the product makes them (UUIDv7), so that the copies are due in the order of their making.
COPY_SQL = """
INSERT INTO webhooks_event (id, sequence, {columns})
SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(chance, 1, 3)
        || '8' || substr(chance, 4, 15))::uuid, nextval('webhooks_event_sequence_seq'), {columns}
FROM (SELECT webhooks_event.*, md5(random()::text || n) AS chance FROM webhooks_event, generate_series(1, %s) AS n
      WHERE webhooks_event.id = %s) AS copies
RETURNING id
"""


def setup(endpoints: list[emitting.Endpoint]) -> None:
    """Make the tables, the accounts and their webhooks."""
    call_command("migrate", verbosity=0)
    account_of("a")
    for n, endpoint in enumerate(endpoints):
        settings = {"url": endpoint["url"], "format": "standard", "headers": []}
        event_types = (type_of(endpoint["kind"]),)
        spec = WebhookSpec(title=f"Endpoint {n}", event_types=event_types, target_kind="http", settings=settings)
        create_webhook(account_of(endpoint["kind"]), spec=spec, by=WORKER)


@cache
def account_of(kind: str) -> Account:
    """Return account 3 for `b@3`, and the first one for plain `b`; make it when it is not there yet."""
    slug = f"benchmark-{kind.partition('@')[2] or 0}"
    found = Account.objects.filter(slug=slug).first()
    return found or create_account(Account.Kind.ORGANIZATION, name="Benchmark", slug=slug)


def type_of(kind: str) -> str:
    """Return the type of event that stands for a kind."""
    return KINDS[kind.partition("@")[0]]


def emit(kind: str) -> str:
    """Record one event in a transaction of its own."""
    with transaction.atomic():
        return _record(kind).pk.hex


def emit_at_once(kind: str, events: int) -> list[str]:
    """Record one event and insert copies of it under ids of their own, in one transaction."""
    columns = ", ".join(field.attname for field in Event._meta.fields if field.name not in ("id", "sequence"))
    with transaction.atomic(), connection.cursor() as cursor:
        first = _record(kind).pk
        cursor.execute(COPY_SQL.format(columns=columns), [events - 1, first])
        return [first.hex, *(row[0].hex for row in cursor.fetchall())]


def _record(kind: str) -> Event:
    event_type = registry.get(type_of(kind))
    return outbox.record(event_type.key, account=account_of(kind), resource=RESOURCE, data=event_type.sample)


if __name__ == "__main__":
    emitting.main(setup=setup, emit=emit, emit_at_once=emit_at_once)

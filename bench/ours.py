"""Porte-voix as a sender: webhooks made by its own verb, events recorded by its own outbox."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 -- after the set-up
from django.db import transaction  # noqa: E402

from accounts.models import Account  # noqa: E402
from accounts.principal import WORKER  # noqa: E402
from accounts.signup import open_account  # noqa: E402
from bench import emitting  # noqa: E402
from webhooks import outbox, registry  # noqa: E402
from webhooks.administer import Wish, create_webhook  # noqa: E402

KINDS = {"a": "dataset.finalized", "b": "dataset.error"}
RESOURCE = outbox.Resource(
    "dataset", "benchmark", "Arbres de la ville", "/dataset/benchmark", "/api/v1/datasets/benchmark"
)

_account: list[Account] = []


def setup(endpoints: list[emitting.Endpoint]) -> None:
    """Make the tables, an account and its webhooks."""
    call_command("migrate", verbosity=0)
    account = Account.objects.first() or open_account(Account.Kind.ORGANIZATION, name="Benchmark")
    for n, endpoint in enumerate(endpoints):
        settings = {"url": endpoint["url"], "format": "standard", "headers": []}
        wish = Wish(f"Endpoint {n}", (KINDS[endpoint["kind"]],), "http", settings)
        create_webhook(account, wish=wish, by=WORKER)


def emit(kind: str) -> str:
    """Record one event in a transaction of its own."""
    if not _account:
        _account.append(Account.objects.get())
    event_type = registry.get(KINDS[kind])
    with transaction.atomic():
        event = outbox.record(event_type.key, account=_account[0], resource=RESOURCE, data=event_type.sample)
    return event.pk.hex


if __name__ == "__main__":
    emitting.main(setup=setup, emit=emit)

"""Measure what an event of an account with very many webhooks costs: to record, and to turn into deliveries.

`python -m bench.wide [--webhooks 10000] [--rounds 5]`, on a PostgreSQL of its own. Nothing is sent. The webhooks are
made as rows: a person can make 500 in an account.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from bench.project import median_ms, set_up, timed

if TYPE_CHECKING:
    from accounts.models import Account

RECORDED = 30


def main() -> None:
    """Measure with one webhook and with many, and print medians in ms."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--webhooks", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with set_up():
        rows = {webhooks: measure(webhooks, rounds=options.rounds) for webhooks in (1, options.webhooks)}
    sys.stdout.write("| webhooks that match | record(), ms | fan_out(), ms | per delivery, ms |\n|---|---|---|---|\n")
    for webhooks, (record_ms, fan_out_ms) in rows.items():
        sys.stdout.write(f"| {webhooks:,} | {record_ms:.2f} | {fan_out_ms:.1f} | {fan_out_ms / webhooks:.4f} |\n")


def measure(webhooks: int, *, rounds: int) -> tuple[float, float]:
    """Return the milliseconds of `record()` with its commit, and of `fan_out()` until the deliveries exist."""
    from django.db import transaction
    from django.utils import timezone

    from bench.ours import RESOURCE
    from webhooks.delivery.fanout import fan_out
    from webhooks.events import outbox, registry
    from webhooks.models import Delivery, Event

    account = subscribed(webhooks)
    sample = registry.get("dataset.finalized").sample

    def record() -> None:
        with transaction.atomic():
            outbox.record("dataset.finalized", account=account, resource=RESOURCE, data=sample)

    def fan_one_out() -> float:
        record()
        before = Delivery.objects.count()
        took = timed(lambda: fan_out(timezone.now()))
        assert Delivery.objects.count() - before == webhooks
        return took

    record_ms = median_ms(lambda: timed(record), rounds=RECORDED)
    Event.objects.filter(fanned_out_at=None).update(fanned_out_at=timezone.now())  # those need no deliveries
    return record_ms, median_ms(fan_one_out, rounds=rounds)


def subscribed(webhooks: int) -> Account:
    """Make an account with so many webhooks, each with a secret, that all listen to the same events."""
    from accounts.models import Account
    from accounts.services.users import create_account
    from webhooks.models import Secret, Webhook
    from webhooks.subscriptions.spec import WebhookSpec

    account = create_account(Account.Kind.ORGANIZATION, name=f"Wide {webhooks}")
    made = []
    for n in range(webhooks):
        settings = {"url": f"http://127.0.0.1:9/{n}", "format": "standard", "headers": []}
        spec = WebhookSpec(
            title=f"Webhook {n}", event_types=("dataset.finalized",), target_kind="http", settings=settings
        )
        made.append(Webhook(account=account, **spec.columns()))
    Webhook.objects.bulk_create(made, batch_size=1000)
    Secret.objects.bulk_create([Secret.generate(webhook) for webhook in made], batch_size=1000)
    return account


if __name__ == "__main__":
    main()

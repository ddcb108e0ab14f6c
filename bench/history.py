"""Measure claim, settlement, fan-out and the settings page with nothing in the tables, and with millions of rows.

`python -m bench.history [--deliveries 5000000]`, on a PostgreSQL of its own; `make bench` does not include it, because
filling the tables takes minutes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

from bench.project import median_ms, set_up, timed

WEBHOOKS = 100
ROUNDS = 30
BATCH = 100

# Settled deliveries of one account, spread over its webhooks and over past months, one attempt each.
FILL_EVENTS = """
INSERT INTO webhooks_event (id, sequence, type, account_id, resource_type, resource_id, resource_title,
    resource_page_url, resource_api_url, detail, data, origin_kind, origin_id, origin_name, occurred_at, is_test,
    fanned_out_at)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3)
        || '8' || substr(md5(n::text), 4, 15))::uuid, nextval('webhooks_event_sequence_seq'), 'dataset.finalized', %s,
    'dataset', 'cities', 'Cities', '', '', '', '{}', 'worker', '', '', at, false, at
FROM (SELECT n, now() - interval '300 days' + n * interval '1 second' AS at FROM generate_series(1, %s) n) AS e
"""
FILL_DELIVERIES = """
INSERT INTO webhooks_delivery (event_id, webhook_id, state, trigger, attempt_count, failures, error, status_code,
    created_at, settled_at)
SELECT e.id, w.id, 'delivered', 'automatic', 1, 0, '', 200, e.occurred_at, e.occurred_at
FROM webhooks_event e CROSS JOIN webhooks_webhook w ORDER BY e.id ON CONFLICT DO NOTHING
"""
FILL_ATTEMPTS = """
INSERT INTO webhooks_attempt (id, delivery_id, trigger, started_at, duration_ms, url, request_headers, status_code,
    error, reason, response_headers, response_body, truncated)
SELECT gen_random_uuid(), id, 'automatic', created_at, 12, 'http://127.0.0.1/', '[]', 200, '', '', '[]', '', false
FROM webhooks_delivery ORDER BY id
"""


def main() -> None:
    """Measure empty, fill, measure again, and print medians in ms and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=5_000_000)
    deliveries = parser.parse_args().deliveries
    with set_up():
        compare(deliveries)


def compare(deliveries: int) -> None:
    """Measure on the database that the environment names, before and after it is filled."""
    from django.db import connection

    account, measures = prepare()
    before = take(measures)
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
        cursor.execute(FILL_EVENTS, [account, deliveries // WEBHOOKS])
        cursor.execute(FILL_DELIVERIES)
        cursor.execute(FILL_ATTEMPTS)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")  # what is measured is a history, not the writing down of one
        cursor.execute("SELECT count(*) FROM webhooks_delivery")
        count = cursor.fetchone()[0]
    sys.stdout.write(f"{count:,} deliveries filled in {time.monotonic() - began:.0f} s\n")
    sys.stdout.write("Fanned out, claimed and settled as a courier does: with synchronous_commit off\n\n")
    after = take(measures)
    sys.stdout.write("| median of 30, ms | empty | with history | ratio |\n|---|---|---|---|\n")
    for name in measures:
        ratio = after[name] / before[name]
        sys.stdout.write(f"| {name} | {before[name]:.2f} | {after[name]:.2f} | {ratio:.2f} |\n")


def take(measures: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Return medians in ms, each measured on a connection of its own: a courier's is tuned, a page's is not."""
    from django.db import connection

    medians = {}
    for name, step in measures.items():
        connection.close()
        medians[name] = median_ms(step, rounds=ROUNDS)
    return medians


def prepare() -> tuple[int, dict[str, Callable[[], float]]]:
    """Make an account with webhooks; return its key and the measures, which return the seconds that they took."""
    from django.db import transaction
    from django.test import Client
    from django.utils import timezone

    from accounts.middleware import SESSION_KEY
    from accounts.models import Account
    from accounts.permissions import Role
    from accounts.principal import WORKER
    from accounts.services import users
    from bench.ours import RESOURCE
    from webhooks.delivery import claim, fanout
    from webhooks.delivery.claim import Job
    from webhooks.delivery.connection import tune_connection
    from webhooks.delivery.result import Result
    from webhooks.delivery.settle import settle
    from webhooks.events import outbox, registry
    from webhooks.models import Delivery, Webhook
    from webhooks.subscriptions.services import create_webhook
    from webhooks.subscriptions.spec import WebhookSpec

    account = users.create_account(Account.Kind.ORGANIZATION, name="History")
    alice = users.create_user("alice@history.example", name="Alice", password=None)
    users.assign_role(account, alice, role=Role.ADMIN)
    for n in range(WEBHOOKS):
        settings = {"url": f"http://127.0.0.1:9/{n}", "format": "standard", "headers": []}
        spec = WebhookSpec(
            title=f"Webhook {n}", event_types=("dataset.finalized",), target_kind="http", settings=settings
        )
        create_webhook(account, spec=spec, by=WORKER)
    webhooks = list(Webhook.objects.values_list("pk", flat=True))
    sample = registry.get("dataset.finalized").sample
    client = Client()
    client.force_login(alice)
    session = client.session
    session[SESSION_KEY] = account.pk
    session.save()

    def record() -> float:
        def act() -> None:
            with transaction.atomic():
                outbox.record("dataset.finalized", account=account, resource=RESOURCE, data=sample)

        return timed(act)

    def fan_out() -> float:
        record()
        return timed(lambda: fanout.fan_out(timezone.now()))

    def claimed() -> tuple[float, list[Job], UUID]:
        fan_out()
        now, token = timezone.now(), uuid4()
        jobs: list[Job] = []

        def act() -> None:
            claim.pending_webhooks(after=0)
            jobs.extend(claim.claim(dict.fromkeys(webhooks, 1), token=token, now=now, until=now + timedelta(minutes=1)))

        return timed(act), jobs, token

    def finish(jobs: list[Job], token: UUID) -> float:
        now = timezone.now()
        batch = [
            Result(job.delivery_id, Delivery.State.DELIVERED, 0, None, "automatic", now, 12, "http://127.0.0.1/", (),
                   200, "", "", (("Content-Type", "text/plain"),), "ok", False)
            for job in jobs
        ]  # fmt: skip
        return timed(lambda: settle(batch, token=token, now=now))

    def claim_only() -> float:
        took, jobs, token = claimed()
        finish(jobs, token)
        return took

    def settle_only() -> float:
        _took, jobs, token = claimed()
        return finish(jobs, token)

    def in_courier(step: Callable[[], float]) -> Callable[[], float]:
        def act() -> float:
            tune_connection()
            return step()

        return act

    def page(path: str) -> Callable[[], float]:
        def act() -> float:
            def get() -> None:
                answer = client.get(path, headers={"host": "127.0.0.1"})
                assert answer.status_code == 200, answer.status_code

            return timed(get)

        return act

    return account.pk, {
        "record one event": record,
        f"fan out to {WEBHOOKS}": in_courier(fan_out),
        f"look and claim {WEBHOOKS}": in_courier(claim_only),
        f"settle {WEBHOOKS}": in_courier(settle_only),
        f"settings page, {WEBHOOKS} webhooks": page("/settings/webhooks/"),
        "page of one webhook": page(f"/settings/webhooks/{webhooks[0]}/"),
        "dashboard": page("/"),
    }


if __name__ == "__main__":
    main()

"""Record events whatever happens to the database and the broker; some in transactions that are rolled back."""

import argparse
import json
import os
import random
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import Error, close_old_connections, transaction

from accounts.models import Account
from bench.ours import KINDS, RESOURCE
from webhooks.events import outbox, registry

ROLLED_BACK = 0.1
"""Share of the transactions that are rolled back after they recorded their event."""
PAUSE_S = 0.05


def main() -> None:
    """Emit, then write which events were committed, which rolled back, and which may be either."""
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    account = _account()
    begun = time.monotonic()
    events: dict[str, list[str]] = {"committed": [], "rolled back": [], "unknown": []}
    slowest_s = 0.0
    while len(events["committed"]) < options.events:
        ahead = begun + len(events["committed"]) * options.seconds / options.events - time.monotonic()
        time.sleep(max(0.0, ahead))
        before = time.monotonic()
        end, event = _record(account, rolls_back=dice.random() < ROLLED_BACK)
        events[end].append(event)
        if end == "unknown":
            time.sleep(PAUSE_S)
            close_old_connections()
        else:
            slowest_s = max(slowest_s, time.monotonic() - before)
    options.out.write_text(json.dumps(events | {"slowest_s": slowest_s}))


def _account() -> Account:
    """Return the account, from a database that may be away."""
    while True:
        try:
            return Account.objects.get()
        except Error:
            time.sleep(PAUSE_S)
            close_old_connections()


def _record(account: Account, *, rolls_back: bool) -> tuple[str, str]:
    event_type = registry.get(KINDS["a"])
    made = ""
    try:
        with transaction.atomic():
            event = outbox.record(event_type.key, account=account, resource=RESOURCE, data=event_type.sample)
            made = event.pk.hex
            transaction.set_rollback(rolls_back)
    except Error:
        return "unknown", made
    return ("rolled back" if rolls_back else "committed"), made


if __name__ == "__main__":
    main()

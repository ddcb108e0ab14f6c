"""Porte-voix itself in this process, on a PostgreSQL and a Redis of its own, for measures from the inside."""

from __future__ import annotations

import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.machine import durability
from scripts.services import running


@contextmanager
def set_up() -> Iterator[None]:
    """Set Django up on empty tables, and print how durable a commit is; what needs Django is imported within."""
    with running(durable=True) as services, tempfile.TemporaryDirectory(prefix="porte-voix-bench-") as static:
        print(durability(services.postgresql))
        os.environ |= services.environ() | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": secrets.token_urlsafe(60),
            "EGRESS_ALLOW": "127.0.0.0/8:*",
            "LOG_LEVEL": "ERROR",
            "STATIC_ROOT": static,
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        yield


def timed(act: Callable[[], object]) -> float:
    """Return the seconds that `act` takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def median_ms(step: Callable[[], float], *, rounds: int) -> float:
    """Return the median, in ms, of the seconds that `step` returns, after a first time that does not count."""
    step()
    return statistics.median(step() for _ in range(rounds)) * 1000

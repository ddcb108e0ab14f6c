"""Fixtures of the tests of accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import Empty

import pytest
from celery import current_app
from django.core import mail
from django.test import override_settings

from accounts import broker


@pytest.fixture
def deliver_letters() -> Iterator[Callable[[], list[mail.EmailMessage]]]:
    """A function that does what a worker does with the messages in its queue; it returns the letters sent so far."""
    current_app.loader.import_default_modules()
    with current_app.connection() as connection:
        queue = connection.SimpleQueue("ingest")

        def deliver() -> list[mail.EmailMessage]:
            while True:
                try:
                    message = queue.get(block=False)
                except Empty:
                    return list(mail.outbox)
                args, kwargs, _embed = message.payload
                message.ack()
                if message.headers["task"].startswith("accounts."):
                    current_app.tasks[message.headers["task"]](*args, **kwargs)

        deliver()
        mail.outbox.clear()
        yield deliver


@pytest.fixture
def cache_is_down(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Redis cache whose port nobody listens on."""
    monkeypatch.setattr(broker, "_muted_until", 0.0)
    redis = "django.core.cache.backends.redis.RedisCache"
    with override_settings(CACHES={"default": {"BACKEND": redis, "LOCATION": "redis://127.0.0.1:9/0"}}):
        yield

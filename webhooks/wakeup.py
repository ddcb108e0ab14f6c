"""Tell the couriers that there is work: one message to the broker for many commits; a lost one costs a tick of beat.

Whoever records an event rings a bell in the cache. A courier at work says so in the cache and looks at the bell; only
when none does, a message to the broker starts one. No function here raises, whatever state broker and cache are in.
"""

from __future__ import annotations

import time

from django.core.cache import cache

from accounts.broker import send_task, unless_away

COURIER_TASK = "webhooks.tasks.run_courier"
BELL_KEY = "webhooks:bell"
BELL_TTL_S = 2
"""Seconds after which a bell that no courier heard is forgotten, so that the next commit sends a message again."""

LISTENING_KEY = "webhooks:awake"
LISTENING_TTL_S = 2
"""Seconds for which a courier that listens is believed to go on listening."""

CALL_EXPIRES_S = 3600
"""Seconds after which a message that no worker took is dropped; long, because a worker whose clock is minutes ahead
would drop every message that expires sooner."""

_said_listening_s = 0.0


def ring() -> None:
    """Tell the couriers that there is work."""
    unless_away(_ring, default=None)


def call_another_courier() -> None:
    """Ask for one more courier, if there is a Celery worker free for it."""
    unless_away(lambda: _send(helping=True), default=None)


def is_courier_listening() -> bool:
    """Return whether some courier listens for the bell; False if that cannot be known."""
    return unless_away(lambda: cache.get(LISTENING_KEY) is not None, default=False)


def listen() -> bool:
    """Say that a courier listens, and return whether the bell has rung since the last time."""
    return unless_away(_listen, default=False)


def stop_listening() -> None:
    """Say that this courier does not listen any more; if there is another one, it soon says that it does."""
    global _said_listening_s  # noqa: PLW0603 -- one courier per process
    _said_listening_s = 0.0
    unless_away(lambda: cache.delete(LISTENING_KEY), default=False)


def _ring() -> None:
    if cache.add(BELL_KEY, 1, BELL_TTL_S) and cache.get(LISTENING_KEY) is None:
        _send(helping=False)


def _listen() -> bool:
    global _said_listening_s  # noqa: PLW0603 -- one courier per process
    if time.monotonic() - _said_listening_s > LISTENING_TTL_S / 4:
        cache.set(LISTENING_KEY, 1, LISTENING_TTL_S)
        _said_listening_s = time.monotonic()
    return bool(cache.delete(BELL_KEY))


def _send(*, helping: bool) -> None:
    send_task(COURIER_TASK, kwargs={"helping": helping}, queue="courier", expires_s=CALL_EXPIRES_S)

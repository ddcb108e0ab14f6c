"""Wake the courier: many commits, one message. It carries nothing; a lost one costs a tick of the beat."""

from __future__ import annotations

import time

from django.core.cache import cache

from accounts.broker import send_task, unless_away

COURIER_TASK = "webhooks.tasks.run_courier"
BELL = "webhooks:bell"
AWAKE = "webhooks:awake"
BELL_TTL_S = 2
"""A bell that nobody answered is forgotten after this, so that the next commit sends a new message."""
AWAKE_TTL_S = 2
CALL_EXPIRES_S = 3600
"""Seconds after which a message that no worker took is dropped; long, because a worker whose clock is minutes ahead
would drop every message that expires sooner."""

_said_awake_at = 0.0


def ring() -> None:
    """Tell the couriers that there is work; never raises, whatever state the broker is in."""
    unless_away(_ring, default=None)


def call_help() -> None:
    """Ask for one more courier, if there is a worker for it; never raises."""
    unless_away(lambda: _send(helping=True), default=None)


def is_awake() -> bool:
    """Tell whether some courier listens for the bell; what cannot be known is not so. Never raises."""
    return unless_away(lambda: cache.get(AWAKE) is not None, default=False)


def answer() -> bool:
    """Say that a courier is at work and take the bell; tell whether it had rung. Never raises."""
    return unless_away(_answer, default=False)


def leave() -> None:
    """Say that this courier does not listen any more; another one at work says soon that it does. Never raises."""
    global _said_awake_at  # noqa: PLW0603 -- one courier per process
    _said_awake_at = 0.0
    unless_away(lambda: cache.delete(AWAKE), default=False)


def _ring() -> None:
    if cache.add(BELL, 1, BELL_TTL_S) and cache.get(AWAKE) is None:
        _send(helping=False)


def _answer() -> bool:
    global _said_awake_at  # noqa: PLW0603 -- as above
    if time.monotonic() - _said_awake_at > AWAKE_TTL_S / 4:
        cache.set(AWAKE, 1, AWAKE_TTL_S)
        _said_awake_at = time.monotonic()
    return bool(cache.delete(BELL))


def _send(*, helping: bool) -> None:
    send_task(COURIER_TASK, kwargs={"helping": helping}, queue="courier", expires_s=CALL_EXPIRES_S)

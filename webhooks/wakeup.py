"""Wake the courier: many commits, one message. It carries nothing; a lost one costs a tick of the beat."""

import logging
import time

from celery import current_app
from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

COURIER_TASK = "webhooks.tasks.run_courier"
BELL = "webhooks:bell"
AWAKE = "webhooks:awake"
BELL_TTL_S = 2
"""A bell that nobody answered is forgotten after this, so that the next commit sends a new message."""
AWAKE_TTL_S = 2
CALL_EXPIRES_S = 3600
"""Seconds after which a message that no worker took is dropped; long, because a worker whose clock is minutes ahead
would drop every message that expires sooner."""

MUTE_S = 5.0
"""After a broker or cache that did not answer, how long commits do not wait for it again."""

_AWAY = (OperationalError, OSError, RedisError)
"""What a broker or a cache that does not answer raises."""

_muted_until = 0.0


def ring() -> None:
    """Tell the couriers that there is work; never raises, whatever state the broker is in."""
    if _muted():
        return
    try:
        if cache.add(BELL, 1, BELL_TTL_S) and cache.get(AWAKE) is None:
            _send(helping=False)
    except _AWAY as error:
        _mute(error)


def call_help() -> None:
    """Ask for one more courier, if there is a worker for it; never raises."""
    if _muted():
        return
    try:
        _send(helping=True)
    except _AWAY as error:
        _mute(error)


def is_awake() -> bool:
    """Tell whether some courier listens for the bell; what cannot be known is not so. Never raises."""
    if _muted():
        return False
    try:
        return cache.get(AWAKE) is not None
    except _AWAY as error:
        _mute(error)
        return False


def answer() -> bool:
    """Say that a courier is at work and take the bell; tell whether it had rung."""
    global _said_awake_at  # noqa: PLW0603 -- one courier a process
    if _muted():
        return False
    try:
        if time.monotonic() - _said_awake_at > AWAKE_TTL_S / 4:
            cache.set(AWAKE, 1, AWAKE_TTL_S)
            _said_awake_at = time.monotonic()
        return bool(cache.delete(BELL))
    except _AWAY as error:
        _mute(error)
        return False


def leave() -> None:
    """Say that this courier does not listen any more; another one at work says soon that it does."""
    global _said_awake_at  # noqa: PLW0603 -- as above
    _said_awake_at = 0.0
    try:
        cache.delete(AWAKE)
    except _AWAY as error:
        _mute(error)


_said_awake_at = 0.0


def _send(*, helping: bool) -> None:
    words = {"helping": helping}
    current_app.send_task(COURIER_TASK, kwargs=words, queue="courier", expires=CALL_EXPIRES_S, retry=False)


def _muted() -> bool:
    return time.monotonic() < _muted_until


def _mute(error: Exception) -> None:
    global _muted_until  # noqa: PLW0603 -- one circuit breaker a process
    _muted_until = time.monotonic() + MUTE_S
    logger.warning("the broker or the cache does not answer; the next tick will find the work: %r", error)

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
MUTE_S = 5.0
"""After a broker or cache that did not answer, how long commits do not wait for it again."""

_muted_until = 0.0


def ring() -> None:
    """Tell the couriers that there is work; never raises, whatever state the broker is in."""
    global _muted_until  # noqa: PLW0603 -- one circuit breaker a process
    if time.monotonic() < _muted_until:
        return
    try:
        if cache.add(BELL, 1, BELL_TTL_S) and cache.get(AWAKE) is None:
            call_courier()
    except (OperationalError, OSError, RedisError):
        _muted_until = time.monotonic() + MUTE_S
        logger.warning("the courier could not be woken; the next tick will find the work", exc_info=True)


def call_courier() -> None:
    """Send the message that starts a courier; raise when the broker does not take it."""
    current_app.send_task(COURIER_TASK, queue="courier", expires=BELL_TTL_S, retry=False)


def answer() -> bool:
    """Say that a courier is at work and take the bell; tell whether it had rung."""
    cache.set(AWAKE, 1, AWAKE_TTL_S)
    return bool(cache.delete(BELL))


def rung() -> bool:
    """Tell whether the bell has rung since it was last answered."""
    return cache.get(BELL) is not None


def leave() -> None:
    """Say that no courier listens any more; look once more at `rung()` afterwards."""
    cache.delete(AWAKE)

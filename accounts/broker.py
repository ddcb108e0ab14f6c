"""Calls to the broker and the cache that neither fail nor block for long when these are down."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

AWAY = (OperationalError, OSError, RedisError)
"""What is raised when the broker or the cache does not answer."""

MUTE_S = 5.0
"""Seconds for which no caller in this process tries again after a failure."""

T = TypeVar("T")

_muted_until = 0.0


def unless_away(call: Callable[[], T], *, default: T) -> T:
    """Return what `call` returns, or `default` if the broker or the cache is down, or was less than `MUTE_S` ago."""
    global _muted_until  # noqa: PLW0603 -- one circuit breaker per process
    if time.monotonic() < _muted_until:
        return default
    try:
        return call()
    except AWAY as error:
        _muted_until = time.monotonic() + MUTE_S
        logger.warning("the broker or the cache does not answer; the next tick will find the work: %r", error)
        return default


def send_task(
    name: str,
    *,
    queue: str,
    expires_s: float,
    args: Sequence[object] = (),
    kwargs: Mapping[str, object] | None = None,
) -> None:
    """Send a message for the task `name`, which is dropped after `expires_s` seconds; raise what a broker raises."""
    current_app.send_task(name, args=list(args), kwargs=dict(kwargs or {}), queue=queue, expires=expires_s, retry=False)

"""Talk to the broker and the cache without failing, or waiting for long, when they are away."""

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
"""What a broker or a cache that does not answer raises."""

MUTE_S = 5.0
"""Seconds for which nobody in this process waits again for a broker or a cache that did not answer."""

T = TypeVar("T")

_muted_until = 0.0


def unless_away(call: Callable[[], T], *, default: T) -> T:
    """Return what `call` returns; `default` if the broker or the cache is away, or was a moment ago."""
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

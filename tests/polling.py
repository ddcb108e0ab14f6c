"""Wait for something that comes soon, no longer than it takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(probe: Callable[[], T | None], *, within_s: float = 30.0, what: Callable[[], object] = str) -> T:
    """Return the first true result of `probe`; fail with the text of `what` when there is none in time."""
    until = time.monotonic() + within_s
    while not (found := probe()):
        assert time.monotonic() < until, what() or f"nothing in {within_s} s"
        threading.Event().wait(0.05)
    return found

"""A logger that never raises, so that a full disk does not stop the courier."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any


class Log(logging.LoggerAdapter[logging.Logger]):
    """A logger that drops what cannot be logged: an answer that came must be settled, whatever the state of the log."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Log, if the handlers can."""
        with suppress(Exception):
            super().log(level, msg, *args, **kwargs)

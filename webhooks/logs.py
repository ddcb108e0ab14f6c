"""A logger that never costs the courier its work: what cannot be logged is not."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any


class Log(logging.LoggerAdapter[logging.Logger]):
    """Log as usual, but never raise: an answer that came must be settled, whatever the state of the log."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:  # Any: logging's contract
        """Log, if the handlers can."""
        with suppress(Exception):
            super().log(level, msg, *args, **kwargs)

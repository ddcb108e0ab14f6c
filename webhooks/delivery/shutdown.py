"""The flag that asks every courier of this process, and of the processes it forked, to stop."""

import mmap
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ShutdownFlag:
    """A flag in shared memory: set by the parent of a Celery worker, seen at once in its forked children."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 1)
        self._got_sigterm = False
        self.grace_s: float | None = None
        """Seconds that requests in flight have to finish; None: as long as an attempt may take."""

    def set(self, *, grace_s: float | None = None) -> None:
        """Ask the couriers to stop."""
        self.grace_s = grace_s
        self._shared[0] = 1

    def clear(self) -> None:
        """Let couriers run again."""
        self.grace_s = None
        self._got_sigterm = False
        self._shared[0] = 0

    def is_set(self) -> bool:
        """Return whether the couriers are to stop."""
        return self._got_sigterm or self._shared[0] == 1

    @contextmanager
    def heeding_sigterm(self) -> Iterator[None]:
        """Within the `with` block, take a SIGTERM to this very process as a request to stop; obey it afterwards.

        Celery's forked children would otherwise die of it in the middle of their work. When their parent was told to
        stop as well it ends them itself: one that died before that would be reported as lost. Signals only reach the
        main thread: in another one this does nothing.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def handle(_number: int, _frame: object) -> None:
            self._got_sigterm = True

        before = signal.signal(signal.SIGTERM, handle)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)
            obey = self._got_sigterm and not self._shared[0]
            self._got_sigterm = False
            if obey:
                os.kill(os.getpid(), signal.SIGTERM)


shutdown_flag = ShutdownFlag()

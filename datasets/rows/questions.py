"""Questions to the rows of datasets: a few at once and each for a few seconds, so that none holds up the pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb
from django.utils.translation import gettext_lazy as _

MAX_AT_ONCE = 4
"""Questions that one process answers at the same time."""

MAX_WAITING = 4
"""Questions that wait for their turn; further ones are refused at once, for each keeps a thread of the web server."""

WAIT_S = 2.0
TIME_LIMIT_S = 5.0
"""After that a question is interrupted; of a download, what takes so long for one batch of rows."""

INTERRUPT_AGAIN_S = 0.05
DOWNLOAD_WAIT_S = 30.0
"""How long a download that has begun waits for its next batch, before it is broken off."""

RETRY_AFTER_S = 5


class Unanswered(Exception):
    """The question is not answered now: `message` says why, in the language active when it is shown."""

    message = _("The rows cannot be shown just now: reload the page in a moment.")

    def __str__(self) -> str:
        return str(self.message)


class TooBusy(Unanswered):
    """Others are being answered, and no turn came in time."""

    message = _("Too many questions are being answered just now: ask again in a few seconds.")


class TooSlow(Unanswered):
    """The answer took too long, or more memory than there is."""

    message = _("This question takes too long to answer: use fewer words or filters, or download the whole file.")


class Places:
    """A bounded number of places for those that are served, and another for those that wait."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._served = threading.BoundedSemaphore(at_once)
        self._queue = threading.BoundedSemaphore(waiting)

    @contextmanager
    def taken(self, *, wait_s: float) -> Iterator[None]:
        """Have a place during the block; raise `TooBusy` when none is free in time, or too many wait already."""
        if not self._served.acquire(blocking=False):
            self._wait(wait_s)
        try:
            yield
        finally:
            self._served.release()

    def _wait(self, wait_s: float) -> None:
        if not self._queue.acquire(blocking=False):
            raise TooBusy
        try:
            if not self._served.acquire(timeout=wait_s):
                raise TooBusy
        finally:
            self._queue.release()


SEARCHES = Places(at_once=MAX_AT_ONCE, waiting=MAX_WAITING)
PREVIEWS = Places(at_once=MAX_AT_ONCE, waiting=MAX_WAITING)
"""Of the first rows on the page of a dataset, which take milliseconds and wait behind no search."""

DOWNLOADS = Places(at_once=MAX_AT_ONCE, waiting=64)
"""Of the further batches of downloads that have begun: their threads are taken already."""


@contextmanager
def limited(db: duckdb.DuckDBPyConnection, *, places: Places = SEARCHES, wait_s: float = WAIT_S) -> Iterator[None]:
    """Have a place for what `db` does in the block, and interrupt it after `TIME_LIMIT_S`; raise `Unanswered`."""
    with places.taken(wait_s=wait_s):
        over = threading.Event()
        threading.Thread(target=_interrupt_late, args=(db, over, TIME_LIMIT_S), daemon=True).start()
        try:
            yield
        except (duckdb.InterruptException, duckdb.OutOfMemoryException) as error:
            raise TooSlow from error
        finally:
            over.set()


def _interrupt_late(db: duckdb.DuckDBPyConnection, over: threading.Event, limit_s: float) -> None:
    """Interrupt `db` from `limit_s` on until it is `over`: between two statements DuckDB forgets an interruption."""
    while not over.wait(limit_s):
        with suppress(duckdb.Error):  # it has just been closed
            db.interrupt()
        limit_s = INTERRUPT_AGAIN_S

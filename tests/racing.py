"""Acts that begin at the same moment, each in a thread with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

WAIT_S = 60


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Begin all `acts` together and return what they return, in their order; raise what one of them raises."""
    start = threading.Barrier(len(acts))
    outcomes: list[Any] = [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(WAIT_S)
            outcomes[number] = act()
        except BaseException as error:  # noqa: BLE001 -- raised again in the thread of the test
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return outcomes


def statuses(answers: Sequence[Any]) -> list[int]:
    """Return the HTTP status of each answer."""
    return [answer.status_code for answer in answers]

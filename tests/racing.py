"""Acts that begin at the same moment, each in a thread with a connection of its own.

`EDIT_ROUNDS=200 pytest tests/editing tests/datasets/test_edits_at_once.py` plays each scene longer than the suite does;
after `python -m scripts.services run --` on PostgreSQL.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

WAIT_S = 60

ROUNDS = int(os.environ.get("EDIT_ROUNDS", "30"))
PAGE_ROUNDS = int(os.environ.get("EDIT_ROUNDS", "10"))
"""Rounds of what costs more: pages, drawings."""

API = "/api/v1"


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


def patch(client: Any, path: str, body: dict[str, Any]) -> Callable[[], Any]:
    """Return the act that sends `body` and must be acknowledged."""

    def act() -> Any:
        answer = client.patch(f"{API}{path}", body, content_type="application/json")
        assert answer.status_code == 200, answer.content
        return answer

    return act


def lost(rounds: int, resource: Any, play: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    """Play `rounds` and return what was acknowledged in each but is not in the row."""
    rows = type(resource)._default_manager.filter(pk=resource.pk)
    missing = []
    for number in range(rounds):
        expected = play(number)
        kept = rows.values(*expected).get()
        if kept != expected:
            missing.append({name: kept[name] for name in expected if kept[name] != expected[name]})
    return missing

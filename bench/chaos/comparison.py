"""Compare the deliveries that were owed with those that arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench import machine
from bench.ledger import Receiver
from bench.stage import Stage


@dataclass(frozen=True)
class Emitted:
    """What the emitters know of their events, by id."""

    committed: frozenset[str]
    rolled_back: frozenset[str]
    slowest_s: float


@dataclass(frozen=True)
class Comparison:
    """What was compared; all of `lost`, `vanished`, `ghosts`, `stuck` and `exhausted` must be 0.

    `vanished`: events whose commit was confirmed and that the database has not. `lost`: deliveries of events in the
    database that no 2xx answered. `ghosts`: requests for rolled-back events. `stuck`: deliveries still pending.
    `twice` is the price of at-least-once.
    """

    events: int
    rolled_back: int
    owed: int
    lost: int
    vanished: int
    ghosts: int
    stuck: int
    exhausted: int
    twice: int
    requests: int
    attempts: int
    last_arrival_s: float

    @property
    def good(self) -> bool:
        """Whether every promise was kept."""
        return not (self.lost or self.vanished or self.ghosts or self.stuck or self.exhausted)


def compare(stage: Stage, receiver: Receiver, emitted: Emitted, *, endpoints: Sequence[int]) -> Comparison:
    """Compare the events in the database with the receiver's ledger, for the endpoints that can be reached."""
    with machine.connected(stage.services.postgresql, stage.database) as connection:
        stored = {row[0].hex for row in connection.execute("SELECT id FROM webhooks_event WHERE NOT is_test")}
        states = dict(
            connection.execute(
                "SELECT d.state, count(*) FROM webhooks_delivery d JOIN webhooks_webhook w ON w.id = d.webhook_id "
                "WHERE w.config->>'url' NOT LIKE '%%/hang/%%' GROUP BY d.state"
            ).fetchall()
        )
        row = connection.execute("SELECT count(*) FROM webhooks_attempt").fetchone()
    wanted = set(endpoints)
    arrived: set[tuple[str, int]] = set()
    good = ghosts = requests = 0
    last = 0.0
    for arrival in receiver.arrivals():
        ghosts += arrival.id in emitted.rolled_back
        requests += 1
        if arrival.endpoint in wanted and 200 <= arrival.status < 300 and arrival.id in stored:
            arrived.add((arrival.id, arrival.endpoint))
            good += 1
            last = max(last, arrival.at_s)
    return Comparison(
        events=len(stored),
        rolled_back=len(emitted.rolled_back),
        owed=len(stored) * len(wanted),
        lost=len(stored) * len(wanted) - len(arrived),
        vanished=len(emitted.committed - stored),
        ghosts=ghosts,
        stuck=states.get("pending", 0),
        exhausted=states.get("failed", 0) + states.get("skipped", 0) + states.get("cancelled", 0),
        twice=good - len(arrived),
        requests=requests,
        attempts=row[0] if row else 0,
        last_arrival_s=last,
    )


def describe_pending(stage: Stage) -> list[str]:
    """Return what some of the pending deliveries wait for, a line each."""
    with machine.connected(stage.services.postgresql, stage.database) as connection:
        rows = connection.execute(
            "SELECT d.id, config->>'url', d.failures, next_attempt_at - now(), leased_until - now(), "
            "resting_until - now() "
            "FROM webhooks_delivery d JOIN webhooks_webhook w ON w.id = d.webhook_id WHERE state = 'pending' "
            "AND config->>'url' NOT LIKE '%%/hang/%%' ORDER BY d.id LIMIT 20"
        ).fetchall()
    words = "delivery {} to {}: {} failures, due in {}, leased for {}, its webhook rests for {}"
    return [words.format(*row) for row in rows]

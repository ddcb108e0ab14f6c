"""What was owed and what arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench import machine
from bench.ledger import Receiver
from bench.senders import Stage


@dataclass(frozen=True)
class Fates:
    """What the emitters know of their events, by id."""

    committed: frozenset[str]
    rolled_back: frozenset[str]
    slowest_s: float


@dataclass(frozen=True)
class Verdict:
    """The comparison; all of `lost`, `vanished`, `ghosts`, `stuck` and `exhausted` must be 0.

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
        """Tell whether every promise was kept."""
        return not (self.lost or self.vanished or self.ghosts or self.stuck or self.exhausted)


def judge(stage: Stage, receiver: Receiver, fates: Fates, *, endpoints: Sequence[int]) -> Verdict:
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
        ghosts += arrival.id in fates.rolled_back
        requests += 1
        if arrival.endpoint in wanted and 200 <= arrival.status < 300 and arrival.id in stored:
            arrived.add((arrival.id, arrival.endpoint))
            good += 1
            last = max(last, arrival.at_s)
    return Verdict(
        events=len(stored),
        rolled_back=len(fates.rolled_back),
        owed=len(stored) * len(wanted),
        lost=len(stored) * len(wanted) - len(arrived),
        vanished=len(fates.committed - stored),
        ghosts=ghosts,
        stuck=states.get("pending", 0),
        exhausted=states.get("failed", 0) + states.get("skipped", 0) + states.get("cancelled", 0),
        twice=good - len(arrived),
        requests=requests,
        attempts=row[0] if row else 0,
        last_arrival_s=last,
    )


def what_waits(stage: Stage) -> list[str]:
    """Tell of some pending deliveries what they wait for."""
    with machine.connected(stage.services.postgresql, stage.database) as connection:
        rows = connection.execute(
            "SELECT d.id, config->>'url', d.failures, next_attempt_at - now(), leased_until - now(), "
            "resting_until - now() "
            "FROM webhooks_delivery d JOIN webhooks_webhook w ON w.id = d.webhook_id WHERE state = 'pending' "
            "AND config->>'url' NOT LIKE '%%/hang/%%' ORDER BY d.id LIMIT 20"
        ).fetchall()
    words = "delivery {} to {}: {} failures, due in {}, leased for {}, its webhook rests for {}"
    return [words.format(*row) for row in rows]

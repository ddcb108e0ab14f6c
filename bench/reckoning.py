"""What arrived, compared with what was committed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.ledger import Receiver
from bench.stage import Emission

STUCK_S = 20.0
"""Without a single arrival for so long, what is missing will not come."""
POLL_S = 0.02


@dataclass(frozen=True)
class Delivered:
    """The deliveries of an emission: unique pairs of event and endpoint that were answered 2xx."""

    count: int
    lost: int
    duplicates: int
    first_s: float
    last_s: float
    connections: int
    latencies_s: list[float]

    def percentile_ms(self, share: float) -> float:
        """Return the latency from commit to arrival below which this share of the deliveries stays."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else float("nan")


def reckon(receiver: Receiver, emission: Emission, *, since: int, endpoints: Sequence[int]) -> Delivered:
    """Compare the arrivals after the first `since` with what `emission` owed to these endpoints."""
    wanted = set(endpoints)
    first: dict[tuple[str, int], float] = {}
    connections = set[int]()
    arrived = 0
    for arrival in receiver.arrivals(since):
        if arrival.id in emission.committed and arrival.endpoint in wanted and 200 <= arrival.status < 300:
            arrived += 1
            connections.add(arrival.connection)
            first.setdefault((arrival.id, arrival.endpoint), arrival.at_s)
    times = first.values()
    return Delivered(
        count=len(first),
        lost=len(emission.committed) * len(wanted) - len(first),
        duplicates=arrived - len(first),
        first_s=min(times, default=0.0),
        last_s=max(times, default=0.0),
        connections=len(connections),
        latencies_s=[at_s - emission.committed[event] for (event, _), at_s in first.items()],
    )


def together(emissions: Sequence[Emission]) -> Emission:
    """Return what several emitters did as one emission."""
    committed = {event: at_s for emission in emissions for event, at_s in emission.committed.items()}
    return Emission(
        committed,
        sum(emission.cpu_s for emission in emissions),
        [seconds for emission in emissions for seconds in emission.seconds],
    )


def wait_for(receiver: Receiver, total: int) -> None:
    """Wait until so many requests arrived in all, or none has for 20 s."""
    seen, since = receiver.count(), time.monotonic()
    while seen < total and time.monotonic() - since < STUCK_S:
        time.sleep(POLL_S)
        if (now := receiver.count()) > seen:
            seen, since = now, time.monotonic()


def wait_until(condition: Callable[[], bool], *, timeout_s: float = 60.0) -> None:
    """Wait for a condition; raise TimeoutError."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for did not come")
        time.sleep(POLL_S)

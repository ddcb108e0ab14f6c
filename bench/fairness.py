"""How much an account is slowed down by another that has far more to send."""

from __future__ import annotations

import time

from bench.measures import Bench, Figures, common, warm
from bench.reckoning import Delivered, reckon
from bench.senders import Sender
from bench.stage import Emission, staged

NOISY, QUIET = 0, 1
PATIENCE_S = 120.0
POLL_S = 0.25


def fairness(bench: Bench, sender: Sender, *, burst: int = 100_000, events: int = 30) -> Figures:
    """Emit an event a second for one account; then again, after another account emitted 100,000 at once.

    Each has one webhook, equally fast. `others waiting`: how many of the 100,000 were left when the last one arrived.
    """
    burst, events = int(burst * bench.size), max(5, int(events * min(1.0, bench.size)))
    endpoints = [{"url": bench.receiver.url(f"/ok/{n}"), "kind": f"a@{n}"} for n in (NOISY, QUIET)]

    def run(noise: int) -> tuple[Delivered, int]:
        with staged(sender, bench.services, endpoints) as stage:
            since = warm(bench, stage, [QUIET], kind=f"a@{QUIET}")
            if noise:
                stage.emit_at_once(noise, kind=f"a@{NOISY}")
            emission = stage.emit(events, rate=1, kind=f"a@{QUIET}")
            noise -= _heard(bench, emission, since=since)
            return reckon(bench.receiver, emission, since=since, endpoints=[QUIET]), noise

    alone, _ = run(0)
    done, waiting = run(burst)
    without = {f"alone: {name}": value for name, value in _latencies(alone).items()}
    return common(done) | _latencies(done) | without | {"others waiting": float(waiting)}


def _heard(bench: Bench, emission: Emission, *, since: int) -> int:
    """Wait until all of `emission` arrived, at most two minutes; return how many others did by then."""
    owed, others = set(emission.committed), 0
    deadline = time.monotonic() + PATIENCE_S
    while owed and time.monotonic() < deadline:
        time.sleep(POLL_S)
        for arrival in bench.receiver.arrivals(since):
            since += 1
            if arrival.endpoint == QUIET:
                owed.discard(arrival.id)
            else:
                others += 1
    return others


def _latencies(done: Delivered) -> Figures:
    return {
        "p50 ms": done.percentile_ms(0.5),
        "p99 ms": done.percentile_ms(0.99),
        "max ms": max(done.latencies_s, default=float("nan")) * 1000,
    }

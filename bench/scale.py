"""What a long drain does to a courier: the memory that it holds from beginning to end."""

from __future__ import annotations

import time
from collections.abc import Sequence

from bench import machine
from bench.measures import SETTLE_S, Bench, Figures, common
from bench.reckoning import STUCK_S, reckon, wait_until
from bench.senders import Sender
from bench.stage import staged

EVERY_S = 0.5
EARLY = 10_000
"""Deliveries after which the couriers have loaded what they use: from then on their memory must stay flat."""


def memory(bench: Bench, sender: Sender, *, deliveries: int = 100_000, fan_out: int = 10) -> Figures:
    """Drain a backlog and look at each courier's memory every half second; the figures are of the largest one."""
    deliveries = int(deliveries * bench.size)
    endpoints = bench.endpoints([f"/ok/{n}" for n in range(fan_out)])
    with staged(sender, bench.services, endpoints) as stage:
        emission = stage.emit_at_once(deliveries // fan_out)
        since = bench.receiver.count()
        stage.start()
        wait_until(lambda: bench.receiver.count() > since)
        couriers = machine.children(stage.workers)
        samples = _watched(bench, couriers, since=since, deliveries=deliveries)
        done = reckon(bench.receiver, emission, since=since, endpoints=range(fan_out))
    early = next((mb for count, mb in samples if count >= min(EARLY, deliveries // 2)), samples[-1][1])
    last = samples[-1][1]
    return common(done) | {
        "couriers": float(len(couriers)),
        "MB at first": samples[0][1],
        "MB after 10,000": early,
        "MB at the end": last,
        "MB at most": max(mb for _, mb in samples),
        "growth MB": last - early,
    }


def _watched(bench: Bench, couriers: Sequence[int], *, since: int, deliveries: int) -> list[tuple[int, float]]:
    """Return (deliveries so far, MB of the largest courier) until all arrived, or none has for 20 s."""
    samples: list[tuple[int, float]] = []
    count, moved_at = 0, time.monotonic()
    while count < deliveries and time.monotonic() - moved_at < STUCK_S:
        now = bench.receiver.count() - since
        if now > count:
            count, moved_at = now, time.monotonic()
        samples.append((count, max(map(machine.resident_mb, couriers))))
        time.sleep(EVERY_S)
    time.sleep(SETTLE_S)
    samples.append((count, max(map(machine.resident_mb, couriers))))
    return samples

"""The measures of speed: one function each, that sets a sender up, feeds it and returns figures by name."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench import machine
from bench.emitting import Endpoint
from bench.ledger import HOSTS, Receiver
from bench.reckoning import Delivered, reckon, together, wait_for, wait_until
from bench.senders import Sender
from bench.stage import Stage, staged
from scripts.services import Services

Figures = dict[str, float]

WARM_EVENTS = 20
SETTLE_S = 1.0
"""After the last arrival the sender still settles; what that costs is counted."""


@dataclass(frozen=True)
class Bench:
    """What every measure uses; `size` scales how much each one sends, `statements` of a backlog are shown."""

    services: Services
    receiver: Receiver
    size: float = 1.0
    statements: int = 0

    def events(self, sender: Sender, deliveries: int, *, fan_out: int) -> int:
        """Return how many events make this sender's part of so many deliveries."""
        return max(200, int(deliveries * sender.share * self.size)) // fan_out

    def endpoints(self, paths: Sequence[str], *, kind: str = "a", hosts: int = 1, tls: bool = False) -> list[Endpoint]:
        """Return an endpoint for each path, on so many hosts in turn."""
        return [
            {"url": self.receiver.url(path, host=n % hosts + 1, tls=tls), "kind": kind} for n, path in enumerate(paths)
        ]

    def trusting(self, sender: Sender) -> Sender:
        """Return a copy of our sender that trusts the receiver's certificate."""
        return replace(sender, environ={**sender.environ, "EGRESS_CA_FILE": str(self.receiver.authorities)})


def https(bench: Bench, sender: Sender) -> Figures:
    """Drain the same backlog to 20 hosts over plain HTTP, then over HTTPS."""
    plain = backlog(bench, sender, fan_out=HOSTS, hosts=HOSTS)
    secure = backlog(bench, bench.trusting(sender), fan_out=HOSTS, hosts=HOSTS, tls=True)
    return secure | {
        "plain: deliveries/s": plain["deliveries/s"],
        "plain: CPU s per 1,000": plain["CPU s per 1,000"],
        "% of plain": secure["deliveries/s"] / plain["deliveries/s"] * 100,
    }


def backlog(
    bench: Bench, sender: Sender, *, deliveries: int = 20_000, fan_out: int = 10, hosts: int = 1, tls: bool = False
) -> Figures:
    """Emit with nothing running, then start the sender: from the first arrival to the last."""
    events = bench.events(sender, deliveries, fan_out=fan_out)
    endpoints = bench.endpoints([f"/ok/{n}" for n in range(fan_out)], hosts=hosts, tls=tls)
    with staged(sender, bench.services, endpoints) as stage:
        emission = stage.emit(events)
        since = bench.receiver.count()
        before = machine.statements(bench.services.postgresql, stage.database)
        stage.start()
        wait_until(lambda: bench.receiver.count() > since)
        begun, cpu = bench.receiver.count(), machine.cpu_s(stage.roots())
        wait_for(bench.receiver, since + events * fan_out)
        time.sleep(SETTLE_S)
        cpu = machine.cpu_s(stage.roots()) - cpu
        after = machine.statements(bench.services.postgresql, stage.database)
        ran = {query: more for query, calls in after.items() if (more := calls - before.get(query, 0))}
        for query in sorted(ran, key=ran.__getitem__, reverse=True)[: bench.statements]:
            print(f"{ran[query]:8} {' '.join(query.split())[:200]}", file=sys.stderr)
        done = reckon(bench.receiver, emission, since=since, endpoints=range(fan_out))
        sent = max(1, since + events * fan_out - begun)
        return common(done) | {
            "deliveries/s": done.count / max(done.last_s - done.first_s, 1e-6),
            "CPU s per 1,000": cpu / sent * 1000,
            "SQL per delivery": sum(ran.values()) / max(done.count, 1),
            "connections": float(done.connections),
        }


def live(bench: Bench, sender: Sender, *, deliveries: int, fan_out: int, emitters: int = 1) -> Figures:
    """Emit as fast as it goes while the sender runs: from the first commit to the last arrival."""
    events = bench.events(sender, deliveries, fan_out=fan_out) // emitters
    with staged(sender, bench.services, bench.endpoints([f"/ok/{n}" for n in range(fan_out)])) as stage:
        since = warm(bench, stage, range(fan_out))
        cpu = machine.cpu_s(stage.roots())
        at_work = [stage.emitting(events) for _ in range(emitters)]
        emission = together([emitter.wait() for emitter in at_work])
        wait_for(bench.receiver, since + events * emitters * fan_out)
        time.sleep(SETTLE_S)
        cpu = machine.cpu_s(stage.roots()) - cpu + emission.cpu_s
        done = reckon(bench.receiver, emission, since=since, endpoints=range(fan_out))
        begun, ended = min(emission.committed.values()), max(emission.committed.values())
        return common(done) | {
            "deliveries/s": done.count / (done.last_s - begun),
            "emitted/s": len(emission.committed) * fan_out / (ended - begun),
            "behind s": done.last_s - ended,
            "CPU s per 1,000": cpu / max(done.count, 1) * 1000,
            "emit ms": statistics.median(emission.seconds) * 1000,
        }


def latency(bench: Bench, sender: Sender, *, rate: float, seconds: float = 20.0) -> Figures:
    """Emit at a steady rate: from the commit to the arrival."""
    events = int(rate * seconds * min(1.0, bench.size))
    with staged(sender, bench.services, bench.endpoints(["/ok/0"])) as stage:
        since = warm(bench, stage, [0])
        emission = stage.emit(events, rate=rate)
        wait_for(bench.receiver, since + events)
        done = reckon(bench.receiver, emission, since=since, endpoints=[0])
        return common(done) | {"p50 ms": done.percentile_ms(0.5), "p99 ms": done.percentile_ms(0.99)}


def idle(bench: Bench, sender: Sender, *, seconds: float = 20.0) -> Figures:
    """Run without work: the share of a core that everything takes, and what the workers take of it."""
    with staged(sender, bench.services, bench.endpoints(["/ok/0"])) as stage:
        warm(bench, stage, [0])
        time.sleep(3 * SETTLE_S)
        parts = {"% of a core": stage.roots(), "workers: % of a core": [stage.workers]}
        cpu, begun = {name: machine.cpu_s(pids) for name, pids in parts.items()}, time.monotonic()
        time.sleep(seconds)
        took_s = time.monotonic() - begun
        return {name: (machine.cpu_s(pids) - cpu[name]) / took_s * 100 for name, pids in parts.items()}


def warm(bench: Bench, stage: Stage, endpoints: Sequence[int], *, kind: str = "a") -> int:
    """Start the sender, wait until a few events are delivered, and return how many requests have arrived by then."""
    since = bench.receiver.count()
    stage.start()
    emission = stage.emit(WARM_EVENTS, rate=20, kind=kind)

    def all_there() -> bool:
        return not reckon(bench.receiver, emission, since=since, endpoints=endpoints).lost

    wait_until(all_there)
    time.sleep(SETTLE_S)
    return bench.receiver.count()


def common(done: Delivered) -> Figures:
    """Return the figures with which every row begins."""
    return {"deliveries": float(done.count), "lost": float(done.lost), "twice": float(done.duplicates)}

"""What the healthy endpoints feel of those that misbehave: their latency with them, and without."""

from __future__ import annotations

import socket
import time
from dataclasses import replace

from bench import machine
from bench.emitting import Endpoint
from bench.ledger import HOSTS
from bench.measures import SETTLE_S, WARM_EVENTS, Bench, Figures, common, warm
from bench.reckoning import Delivered, reckon, wait_for, wait_until
from bench.senders import Sender
from bench.stage import Stage, staged
from tests.name_server import NameServer, addresses, silent

HEALTHY = range(9)
APART = 10
"""An endpoint that shows when the sender is ready, whatever the tenth does to it."""

ATTEMPTS_SQL = "SELECT count(*), count(*) FILTER (WHERE error = 'dns') FROM webhooks_attempt WHERE url NOT LIKE %s"


def hanging(bench: Bench, sender: Sender, *, hangs: bool, seconds: float = 30.0) -> Figures:
    """Emit 4 events/s to nine healthy endpoints and a tenth that hangs, or does not, for comparison."""
    events = int(4 * seconds * min(1.0, bench.size))
    endpoints = [*_ten(bench, "/hang/9" if hangs else "/ok/9"), *bench.endpoints([f"/ok/{APART}"], kind="b")]
    with staged(sender, bench.services, endpoints) as stage:
        since = warm(bench, stage, [APART], kind="b")
        emission = stage.emit(events, rate=4)
        time.sleep(SETTLE_S)
        done = reckon(bench.receiver, emission, since=since, endpoints=HEALTHY)
        return common(done) | {"of": float(events * len(HEALTHY))} | _percentiles(done)


def beside(bench: Bench, sender: Sender, *, bad: str, rate: float = 50.0, seconds: float = 20.0) -> Figures:
    """Emit to nine healthy endpoints and a tenth that is `bad` (a path of the receiver, or a URL)."""
    events = int(rate * seconds * min(1.0, bench.size))

    def run(tenth: str) -> tuple[Delivered, Figures]:
        with staged(sender, bench.services, _ten(bench, tenth)) as stage:
            since = warm(bench, stage, HEALTHY)
            emission = stage.emit(events, rate=rate)
            time.sleep(SETTLE_S)
            done = reckon(bench.receiver, emission, since=since, endpoints=HEALTHY)
            return done, _attempts(bench, stage)

    alone, _ = run("/ok/9")
    done, attempts = run(bad)
    return _compared(done, alone) | attempts


def unknown_name(bench: Bench, sender: Sender, *, name: str = "nowhere.invalid") -> Figures:
    """As `beside`, with a tenth whose name does not exist; also measure how long this machine looks for it."""
    begun = time.perf_counter()
    try:
        socket.getaddrinfo(name, 80)
    except OSError:
        looked_up_s = time.perf_counter() - begun
    return beside(bench, sender, bad=f"http://{name}/9") | {"look-up ms": looked_up_s * 1000}


def crowd(bench: Bench, sender: Sender, *, due: int = 10_000, seconds: float = 20.0) -> Figures:
    """Emit 20 events/s to nine endpoints while `due` deliveries wait on a tenth that hangs; before, on none."""
    events, due = int(20 * seconds * min(1.0, bench.size)), int(due * bench.size)

    def run(tenth: str) -> Delivered:
        endpoints = [*bench.endpoints(_healthy()), *bench.endpoints([tenth], kind="b")]
        with staged(sender, bench.services, endpoints) as stage:
            begun = bench.receiver.count()
            stage.emit(due, kind="b")
            since = warm(bench, stage, HEALTHY)
            if tenth.startswith("/ok"):
                wait_for(bench.receiver, begun + due + WARM_EVENTS * len(HEALTHY))
            emission = stage.emit(events, rate=20)
            time.sleep(SETTLE_S)
            return reckon(bench.receiver, emission, since=since, endpoints=HEALTHY)

    alone = run("/ok/9")
    return _compared(run("/hang/9"), alone)


def throng(
    bench: Bench, sender: Sender, *, accounts: int = 10, healthy: int = 90, dead: int = 10, apart: bool = True
) -> Figures:
    """Emit 10 events/s to ten accounts of 90 webhooks and ten more that hang; before, without those.

    The dead ones are each on a host of their own, or not `apart`: on those of the others.
    """
    kinds = [f"a@{n}" for n in range(accounts)]
    events = int(10 * 30.0 * min(1.0, bench.size))
    living = [
        {"url": bench.receiver.url(f"/ok/{n}", host=n % HOSTS + 1), "kind": kind}
        for kind in kinds
        for n in range(healthy)
    ]
    hanging = [
        {"url": bench.receiver.url(f"/hang/{healthy}", host=(HOSTS + n if apart else n % HOSTS) + 1), "kind": kind}
        for n, kind in enumerate(kinds * dead)
    ]

    def run(endpoints: list[Endpoint]) -> Delivered:
        with staged(sender, bench.services, endpoints) as stage:
            since = warm(bench, stage, range(healthy), kind=",".join(kinds))
            emission = stage.emit(events, rate=10, kind=",".join(kinds))
            time.sleep(SETTLE_S)
            return reckon(bench.receiver, emission, since=since, endpoints=range(healthy))

    alone = run(living)
    return _compared(run([*living, *hanging]), alone)


def dead_names(bench: Bench, sender: Sender, *, dead: int = 500, burst: int = 10, seconds: float = 20.0) -> Figures:
    """Emit 50 events/s to nine healthy names, beside 500 names of another account that never answer; before, alone.

    Each of the 500 has ten deliveries due, and the couriers are at work on them: what it takes to make these is not
    counted.
    """
    events = int(50 * seconds * min(1.0, bench.size))
    with NameServer() as names:
        names.say_of_others(silent)
        for n in HEALTHY:
            names.say(f"ok{n}.example", addresses("127.0.0.1", ttl=60))
        asking = replace(sender, environ={**sender.environ, "EGRESS_DNS_SERVERS": names.address})
        port = bench.receiver.port
        living = [{"url": f"http://ok{n}.example:{port}/ok/{n}", "kind": "a@0"} for n in HEALTHY]
        silences = [{"url": f"http://dead{n}.example:{port}/ok/9", "kind": "a@1"} for n in range(dead)]

        def run(endpoints: list[Endpoint]) -> Delivered:
            with staged(asking, bench.services, endpoints) as stage:
                since = warm(bench, stage, HEALTHY, kind="a@0")
                if len(endpoints) > len(living):
                    stage.emit_at_once(burst, kind="a@1")
                    wait_until(lambda: len(names.names_asked()) > dead // 10)
                emission = stage.emit(events, rate=50, kind="a@0")
                time.sleep(SETTLE_S)
                return reckon(bench.receiver, emission, since=since, endpoints=HEALTHY)

        alone = run(living)
        return _compared(run([*living, *silences]), alone) | {"names asked": float(len(names.names_asked()))}


def _healthy() -> list[str]:
    return [f"/ok/{n}" for n in HEALTHY]


def _ten(bench: Bench, tenth: str) -> list[Endpoint]:
    """Return nine healthy endpoints and the tenth, a path of the receiver or a URL."""
    if tenth.startswith("/"):
        return bench.endpoints([*_healthy(), tenth])
    return [*bench.endpoints(_healthy()), {"url": tenth, "kind": "a"}]


def _attempts(bench: Bench, stage: Stage) -> Figures:
    """Return how often the tenth endpoint was tried, and how often its name was not found."""
    with machine.connected(bench.services.postgresql, stage.database) as connection:
        found = connection.execute(ATTEMPTS_SQL, ("%/ok/%",)).fetchone()
    assert found is not None
    return {"attempts on it": float(found[0]), "no such name": float(found[1])}


def _percentiles(done: Delivered) -> Figures:
    return {"p50 ms": done.percentile_ms(0.5), "p99 ms": done.percentile_ms(0.99)}


def _compared(done: Delivered, alone: Delivered) -> Figures:
    """Return the figures beside the bad ones, without them, and their ratio; `late`: after the last second."""
    without = {f"alone: {name}": value for name, value in _percentiles(alone).items()}
    ratio = done.percentile_ms(0.99) / alone.percentile_ms(0.99)
    per_s = done.count / max(done.last_s - done.first_s, 1e-6)
    counts = {"deliveries": float(done.count), "late": float(done.lost), "twice": float(done.duplicates)}
    return counts | {"deliveries/s": per_s} | _percentiles(done) | without | {"p99 ratio": ratio}

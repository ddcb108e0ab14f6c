"""Measure Porte-voix and its peers in one run, in random order, and print medians (min–max) of three rounds."""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import fairness, isolation, machine, measures, scale
from bench.ledger import Receiver, receiving
from bench.measures import Bench, Figures
from bench.senders import SENDERS, Sender
from scripts.packages import install, need
from scripts.services import Services, running

ALL = tuple(SENDERS)
OURS = ("ours",)
CEILING = "the receiver itself (wrk)"


@dataclass(frozen=True)
class Scenario:
    """A measure with its arguments, and the senders that it makes sense for."""

    title: str
    run: Callable[[Bench, Sender], Figures]
    senders: tuple[str, ...] = ALL


SCENARIOS = {
    "backlog": Scenario("Backlog drained, fan-out 10", measures.backlog),
    "backlog-1": Scenario("Backlog drained, fan-out 1", lambda b, s: measures.backlog(b, s, fan_out=1), OURS),
    "https": Scenario("Backlog drained over HTTPS to 20 hosts, fan-out 20", measures.https, OURS),
    "live-1": Scenario("Live, one emitter, fan-out 1", lambda b, s: measures.live(b, s, deliveries=5_000, fan_out=1)),
    "live-10": Scenario(
        "Live, one emitter, fan-out 10", lambda b, s: measures.live(b, s, deliveries=20_000, fan_out=10)
    ),
    "live-40": Scenario(
        "Live, four emitters, fan-out 10",
        lambda b, s: measures.live(b, s, deliveries=40_000, fan_out=10, emitters=4),
        OURS,
    ),
    "latency-50": Scenario("Commit to arrival, 50 events/s", lambda b, s: measures.latency(b, s, rate=50)),
    "latency-200": Scenario("Commit to arrival, 200 events/s", lambda b, s: measures.latency(b, s, rate=200), OURS),
    "healthy": Scenario("Ten healthy endpoints, 4 events/s", lambda b, s: isolation.hanging(b, s, hangs=False)),
    "hanging": Scenario("One endpoint of ten hangs, 4 events/s", lambda b, s: isolation.hanging(b, s, hangs=True)),
    "crowded": Scenario("20 events/s to nine endpoints, 10,000 wait on a tenth that hangs", isolation.crowd, OURS),
    "dripping": Scenario(
        "50 events/s, one of ten drips its answer", lambda b, s: isolation.beside(b, s, bad="/drip/9"), OURS
    ),
    "endless": Scenario(
        "50 events/s, one of ten answers without an end", lambda b, s: isolation.beside(b, s, bad="/endless/9"), OURS
    ),
    "limiting": Scenario(
        "50 events/s, one of ten answers 429 to everything",
        lambda b, s: isolation.beside(b, s, bad="/status/429/9"),
        OURS,
    ),
    "nameless": Scenario("50 events/s, one of ten has a name that does not exist", isolation.unknown_name, OURS),
    "dead-names": Scenario(
        "50 events/s to nine names; 500 names of another account never answer", isolation.dead_names, OURS
    ),
    "throng": Scenario("900 deliveries/s; 100 more webhooks hang, on hosts of their own", isolation.throng, OURS),
    "throng-shared": Scenario(
        "The same, on the hosts of the others", lambda b, s: isolation.throng(b, s, apart=False), OURS
    ),
    "fairness": Scenario("An event a second beside 100,000 of another account", fairness.fairness, OURS),
    "memory": Scenario("A courier's memory while 100,000 deliveries drain", scale.memory, OURS),
    "idle": Scenario("Idle", measures.idle),
}


def ceiling(receiver: Receiver) -> Figures:
    """Return how many requests per second the receiver itself can take, from wrk with 64 connections."""
    install("wrk")
    told = subprocess.run(
        [need("wrk"), "-t1", "-c64", "-d3s", receiver.url("/ok/0")], check=True, capture_output=True, text=True
    ).stdout
    found = re.search(r"Requests/sec:\s*([\d.]+)", told)
    return {"requests/s": float(found[1]) if found else float("nan")}


@dataclass
class Run:
    """The figures of every round, by scenario and sender, and which senders switched synchronous_commit off."""

    figures: dict[str, dict[str, list[Figures]]]
    unsynced: set[str]


def measure(bench: Bench, *, rounds: int, seed: int, senders: tuple[str, ...], scenarios: tuple[str, ...]) -> Run:
    """Measure each scenario with each sender in every round, the senders in another random order each time."""
    figures: dict[str, dict[str, list[Figures]]] = {"receiver": {CEILING: []}}
    for key in scenarios:
        figures[key] = {name: [] for name in senders if name in SCENARIOS[key].senders}
    run = Run({key: rows for key, rows in figures.items() if rows}, set())
    order = random.Random(seed)
    postgresql = bench.services.postgresql
    for turn in range(1, rounds + 1):
        run.figures["receiver"][CEILING].append(ceiling(bench.receiver))
        for key in scenarios:
            rows = run.figures.get(key, {})
            for name in order.sample(list(rows), k=len(rows)):
                begun = time.monotonic()
                machine.forget_statements(postgresql)
                rows[name].append(found := SCENARIOS[key].run(bench, SENDERS[name]))
                if machine.unsynced(postgresql):
                    run.unsynced.add(name)
                told = ", ".join(f"{what} {number(value)}" for what, value in found.items())
                print(f"round {turn} {key} {name} ({time.monotonic() - begun:.0f} s): {told}", file=sys.stderr)
    return run


def number(value: float) -> str:
    """Return a figure as text, with as many digits as are significant."""
    if value != value:
        return "–"
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 3 if abs(value) < 1 else 2
    return f"{value:,.{digits}f}"


def spread(values: list[float]) -> str:
    """Return the median, and the smallest and largest when they differ from it."""
    middle = statistics.median(values)
    low, high = number(min(values)), number(max(values))
    return number(middle) if low == high else f"{number(middle)} ({low}–{high})"


def table(title: str, by_sender: dict[str, list[Figures]]) -> str:
    """Return one scenario as a table of Markdown."""
    columns = list(next(iter(by_sender.values()))[0])
    lines = [f"\n### {title}\n", "| sender | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, rounds in by_sender.items():
        cells = [spread([figures[column] for figures in rounds]) for column in columns]
        lines.append(f"| {SENDERS[name].name if name in SENDERS else name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def conditions(services: Services, *, rounds: int, seed: int) -> str:
    """Return the first line of the report: what the figures stand for, and how durable a commit was."""
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load} before; "
        f"{'median (min–max) of ' if rounds > 1 else ''}{rounds} round{'s' * (rounds > 1)} for every table, "
        f"senders in random order (--seed {seed}); {machine.durability(services.postgresql)}"
    )


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of every table (3)")
    parser.add_argument("--size", type=float, default=1.0, help="scale how much is sent")
    parser.add_argument("--senders", default=",".join(ALL), help="of: " + ", ".join(ALL))
    parser.add_argument("--scenarios", default=",".join(SCENARIOS), help="of: " + ", ".join(SCENARIOS))
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="of the order of the senders")
    parser.add_argument("--statements", type=int, default=0, help="show so many of a backlog's statements")
    parser.add_argument("--json", type=Path, help="also write every figure of every round here")
    options = parser.parse_args()
    scenarios, senders = tuple(options.scenarios.split(",")), tuple(options.senders.split(","))
    with running(durable=True) as services, receiving() as receiver:
        machine.count_statements(services.postgresql)
        told = conditions(services, rounds=options.rounds, seed=options.seed)
        print(told, file=sys.stderr)
        bench = Bench(services, receiver, size=options.size, statements=options.statements)
        run = measure(bench, rounds=options.rounds, seed=options.seed, senders=senders, scenarios=scenarios)
    unsynced = [name for name in senders if name in run.unsynced]
    if options.json:
        kept = {"conditions": told, "synchronous_commit off": unsynced, "figures": run.figures}
        options.json.write_text(json.dumps(kept, indent=1))
    print(told)
    switched = ", ".join(SENDERS[name].name for name in unsynced)
    print(f"synchronous_commit switched off on connections of: {switched or 'no sender'}")
    for key, by_sender in run.figures.items():
        print(table(SCENARIOS[key].title if key in SCENARIOS else "The receiver's own ceiling", by_sender))


if __name__ == "__main__":
    main()

"""Run the fault injection and print the comparison; end with 1 when anything was lost."""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import sys
import time
from pathlib import Path

from bench.chaos.comparison import Comparison, Emitted, compare, describe_pending
from bench.chaos.faults import FaultInjector, Pace
from bench.ledger import Receiver, receiving
from bench.measures import Figures
from bench.senders import OURS
from bench.stage import Stage, staged
from scripts.services import running

REACHABLE = ("/ok/0", "/flaky/1", "/flaky/2", "/delay/30/3", "/ok/4")
"""What must arrive; a sixth endpoint hangs for ever, so that it can only disturb."""
UNREACHABLE = "/hang/5"
EMITTERS = 2
ENVIRON = {
    "WEBHOOK_TIMEOUT_S": "2",
    # Short, and long enough that a flaky endpoint cannot exhaust it: what is tested is that nothing is forgotten.
    "WEBHOOK_RETRY_SCHEDULE_S": ",".join(["1"] * 5 + ["2"] * 5 + ["3"] * 30),
}
FULL = Pace(kill=(2.0, 5.0), broker=(4.0, 9.0), database=(10.0, 18.0))
SHORT = Pace(kill=(2.0, 4.0), broker=(3.0, 6.0), database=(6.0, 9.0))


def main() -> int:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser(prog="bench.chaos", description=__doc__)
    parser.add_argument("--deliveries", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=90.0, help="how long events are emitted and everything fails")
    parser.add_argument("--patience", type=float, default=180.0, help="seconds to wait, afterwards, for what is owed")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    parser.add_argument("--short", action="store_true", help="a minute in all, for the test suite")
    options = parser.parse_args()
    pace = FULL
    if options.short:
        options.deliveries, options.seconds, pace = 2_000, 12.0, SHORT
    sender = dataclasses.replace(OURS, environ={**OURS.environ, **ENVIRON})
    with running(durable=True) as services, receiving() as receiver:
        endpoints = [{"url": receiver.url(path), "kind": "a"} for path in (*REACHABLE, UNREACHABLE)]
        with staged(sender, services, endpoints) as stage:
            faults = FaultInjector(stage, pace, random.Random(options.seed))
            comparison, times = _run(stage, receiver, faults, options)
    _print(comparison, faults, times=times, seed=options.seed)
    return 0 if comparison.good else 1


def _run(
    stage: Stage, receiver: Receiver, faults: FaultInjector, options: argparse.Namespace
) -> tuple[Comparison, Figures]:
    """Emit while everything fails, then wait in peace; return the comparison, and durations by their names."""
    faults.start()
    outs = [stage.folder / f"emitted-{number}" for number in range(EMITTERS)]
    events = options.deliveries // len(REACHABLE) // EMITTERS + 1
    words = ("--events", str(events), "--seconds", str(options.seconds))
    emitters = [
        stage.begin("-m", "bench.chaos.emitter", str(out), *words, "--seed", str(options.seed + number))
        for number, out in enumerate(outs)
    ]
    faults.run_while(lambda: any(emitter.poll() is None for emitter in emitters))
    calm_at = time.time()
    if any(emitter.returncode for emitter in emitters):
        raise RuntimeError("an emitter failed")
    emitted = _emitted(outs)
    endpoints = range(len(REACHABLE))
    while not (comparison := compare(stage, receiver, emitted, endpoints=endpoints)).good:
        if time.time() - calm_at > options.patience:
            print(*describe_pending(stage), stage.logs(), sep="\n", file=sys.stderr)
            break
        time.sleep(0.5)
    return comparison, {
        "seconds from the last fault to the last arrival": max(0.0, comparison.last_arrival_s - calm_at),
        "slowest record() and commit, seconds": emitted.slowest_s,
    }


def _emitted(outs: list[Path]) -> Emitted:
    found = [json.loads(out.read_text()) for out in outs]
    return Emitted(
        committed=frozenset(event for one in found for event in one["committed"]),
        rolled_back=frozenset(event for one in found for event in one["rolled back"] if event),
        slowest_s=max(one["slowest_s"] for one in found),
    )


def _print(comparison: Comparison, faults: FaultInjector, *, times: Figures, seed: int) -> None:
    rows = {
        "events committed": comparison.events,
        "transactions rolled back": comparison.rolled_back,
        "deliveries owed": comparison.owed,
        "requests received": comparison.requests,
        "attempts kept": comparison.attempts,
        **{f"fault: {name}": times for name, times in sorted(faults.happened.items())},
        "delivered more than once": comparison.twice,
        "committed events not in the database": comparison.vanished,
        "deliveries lost": comparison.lost,
        "requests for rolled-back events": comparison.ghosts,
        "deliveries still pending": comparison.stuck,
        "deliveries given up": comparison.exhausted,
    }
    print("| chaos | |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value:,} |")
    for name, seconds in times.items():
        print(f"| {name} | {seconds:.2f} |")
    print("nothing was lost" if comparison.good else f"FAILED: run again with --seed {seed}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

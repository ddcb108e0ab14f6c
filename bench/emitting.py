"""What every sender's emitter shares: the pace, the measure of itself, the list of what was committed.

Standard library only: a peer imports it from an environment of its own.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

Endpoint = dict[str, str]
"""`url` and `kind`: the kind of events (`a` or `b`) that it listens to; ours has them of several accounts (`a@3`)."""


def main(
    *,
    setup: Callable[[list[Endpoint]], None],
    emit: Callable[[str], str],
    emit_at_once: Callable[[str, int], list[str]] | None = None,
) -> None:
    """Read the command line: make the endpoints, or emit events of a kind, each in a committed transaction.

    `emit` returns the event's id, without dashes, once it is committed; `emit_at_once` those of many in one
    transaction.
    """
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("setup").add_argument("endpoints", type=Path)
    emitting = verbs.add_parser("emit")
    emitting.add_argument("out", type=Path)
    emitting.add_argument("--events", type=int, required=True)
    emitting.add_argument("--rate", type=float, default=0.0, help="events per second; 0: as fast as it goes")
    emitting.add_argument("--kind", default="a", help="or several in turn, with commas")
    emitting.add_argument("--at-once", action="store_true", help="all in one transaction")
    options = parser.parse_args()
    if options.verb == "setup":
        setup(json.loads(options.endpoints.read_text()))
    elif options.at_once:
        if emit_at_once is None:
            parser.error("this sender emits one by one")
        events = emit_at_once(options.kind, options.events)
        at_s = time.time()
        told = {"events": [(event, at_s) for event in events], "cpu_s": time.process_time(), "seconds": []}
        options.out.write_text(json.dumps(told))
    else:
        options.out.write_text(json.dumps(_emitted(emit, options.events, options.rate, options.kind.split(","))))


def _emitted(emit: Callable[[str], str], events: int, rate: float, kinds: list[str]) -> dict[str, object]:
    """Return `events` ([id, time of the commit] each), and what emitting took: `cpu_s`, and `seconds` of each event."""
    done: list[tuple[str, float]] = []
    took: list[float] = []
    cpu_before = time.process_time()
    begun = time.monotonic()
    for n in range(events):
        if rate and (ahead := begun + n / rate - time.monotonic()) > 0:
            time.sleep(ahead)
        before = time.perf_counter()
        event = emit(kinds[n % len(kinds)])
        done.append((event, time.time()))
        took.append(time.perf_counter() - before)
    return {"events": done, "cpu_s": time.process_time() - cpu_before, "seconds": took}

"""The faults: couriers killed at random, one with a wrong clock; broker and database flushed, killed, restarted."""

from __future__ import annotations

import contextlib
import heapq
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import redis

from bench.stage import Stage
from scripts.packages import install, need

WORKER = (
    "-m", "celery", "-A", "config", "worker", "-Q", "courier", "--concurrency", "1", "--loglevel", "WARNING",
    "--without-gossip", "--without-mingle", "--without-heartbeat",
)  # fmt: skip
BEAT = ("-m", "celery", "-A", "config", "beat", "--loglevel", "WARNING")
CLOCK_OFF = "+5m"
COURIERS = 3


@dataclass(frozen=True)
class Pace:
    """Seconds between the faults of each kind, at least and at most."""

    kill: tuple[float, float]
    broker: tuple[float, float]
    database: tuple[float, float]


Action = Callable[[], None]


@dataclass
class FaultInjector:
    """Runs couriers and makes things fail: from one thread, by an agenda, so that faults overlap."""

    stage: Stage
    pace: Pace
    dice: random.Random
    happened: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        install("faketime")
        self._couriers: list[subprocess.Popen[bytes]] = []
        self._agenda: list[tuple[float, int, Action]] = []
        self._order = count()

    def start(self) -> None:
        """Start the couriers and the beat, and plan the first fault of each kind."""
        self._couriers = [self._courier(number) for number in range(COURIERS)]
        self.stage.processes.append(self.stage.begin(*BEAT))
        for fault, pace in (
            (self._kill, self.pace.kill),
            (self._broker, self.pace.broker),
            (self._database, self.pace.database),
        ):
            self._plan(self._again(fault, pace), self.dice.uniform(*pace))

    def run_while(self, going: Callable[[], bool]) -> None:
        """Do what is on the agenda when its time has come, as long as `going()`; then start again what is down."""
        while going():
            if self._agenda and self._agenda[0][0] <= time.monotonic():
                heapq.heappop(self._agenda)[2]()
            else:
                time.sleep(0.02)
        for server in (self.stage.services.postgresql, self.stage.services.redis):
            if not server.ready():
                server.start()
        for number, courier in enumerate(self._couriers):
            if courier.poll() is not None:
                self._couriers[number] = self._courier(number)

    def _plan(self, action: Action, in_s: float) -> None:
        heapq.heappush(self._agenda, (time.monotonic() + in_s, next(self._order), action))

    def _again(self, fault: Action, pace: tuple[float, float]) -> Action:
        def act() -> None:
            fault()
            self._plan(act, self.dice.uniform(*pace))

        return act

    def _courier(self, number: int) -> subprocess.Popen[bytes]:
        """Start a courier; the first one's clock is minutes ahead, its monotonic clock is right."""
        prefix = ("env", "FAKETIME_DONT_FAKE_MONOTONIC=1", need("faketime"), "-f", CLOCK_OFF) if number == 0 else ()
        process = self.stage.begin(*WORKER, prefix=prefix)
        self.stage.processes.append(process)
        return process

    def _kill(self) -> None:
        """Kill a courier outright: in turn its process group, and the child that delivers, which Celery replaces."""
        number = self.dice.randrange(COURIERS)
        courier = self._couriers[number]
        if courier.poll() is not None:
            return  # it is down already
        children = _children(courier.pid)
        if children and self.happened["courier child killed"] < self.happened["courier killed"]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.dice.choice(children), signal.SIGKILL)
            self.happened["courier child killed"] += 1
            return
        os.killpg(courier.pid, signal.SIGKILL)
        courier.wait()
        self.happened["courier killed"] += 1

        def restart() -> None:
            self._couriers[number] = self._courier(number)

        self._plan(restart, self.dice.uniform(0, 1))

    def _broker(self) -> None:
        """Flush Redis, or kill it and start it empty after up to two seconds."""
        server = self.stage.services.redis
        if self.dice.random() < 0.5:
            redis.Redis.from_url(server.url(0)).flushall()
            self.happened["Redis flushed"] += 1
            return
        server.stop(signal.SIGKILL)
        self.happened["Redis killed"] += 1
        self._plan(server.start, self.dice.uniform(0, 2))

    def _database(self) -> None:
        """Restart PostgreSQL, half of the times as if it had crashed ("immediate shutdown")."""
        server = self.stage.services.postgresql
        crash = self.dice.random() < 0.5
        server.stop(signal.SIGQUIT if crash else signal.SIGINT)
        self.happened["PostgreSQL crashed" if crash else "PostgreSQL restarted"] += 1
        self._plan(server.start, self.dice.uniform(0, 1))


def _children(pid: int) -> list[int]:
    """Return the processes whose parent is this one (or the one that faketime became)."""
    with contextlib.suppress(FileNotFoundError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []

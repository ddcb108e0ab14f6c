"""A sender at work: its tables, its processes, what it emits; stopped and dropped at the end."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import redis

from bench import machine
from bench.emitting import Endpoint
from bench.senders import ROOT, Sender
from scripts.services import Services, end_with_parent


@dataclass
class Emission:
    """What an emitter did: the time of each event's commit by id, its CPU, the seconds of each event."""

    committed: dict[str, float]
    cpu_s: float
    seconds: list[float]


@dataclass
class Stage:
    """A sender on fresh tables and an empty broker, ready to be fed and started."""

    sender: Sender
    services: Services
    database: str
    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        """The environment of its processes."""
        own = {"DATABASE_URL": machine.address(self.services.postgresql, self.database), "PYTHONPATH": str(ROOT)}
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
        return {**kept, **self.services.environ(), **own, **self.sender.environ}

    def roots(self) -> list[int]:
        """Return the processes whose trees are counted: the sender's and the services'."""
        servers = (self.services.postgresql.process, self.services.redis.process)
        return [process.pid for process in (*self.processes, *servers) if process is not None]

    @property
    def workers(self) -> int:
        """The process whose children send: the first of the sender's."""
        return self.processes[0].pid

    def set_up(self, endpoints: Sequence[Endpoint]) -> None:
        """Make its tables and these endpoints."""
        wanted = self.folder / "endpoints"
        wanted.write_text(json.dumps(list(endpoints)))
        if self.begin("-m", self.sender.drive, "setup", str(wanted)).wait():
            raise RuntimeError(f"{self.sender.name} was not set up:\n{self.logs()}")

    def start(self) -> None:
        """Start what sends."""
        for command in self.sender.processes:
            self.processes.append(self.begin(*command))

    def emitting(self, events: int, *, rate: float = 0.0, kind: str = "a", at_once: bool = False) -> Emitter:
        """Start an emitter."""
        out = self.folder / f"emitted-{secrets.token_hex(4)}"
        words = ["emit", str(out), "--events", str(events), "--rate", str(rate), "--kind", kind]
        return Emitter(self.begin("-m", self.sender.drive, *words, *["--at-once"] * at_once), out)

    def emit(self, events: int, *, rate: float = 0.0, kind: str = "a") -> Emission:
        """Emit events and return what was committed."""
        return self.emitting(events, rate=rate, kind=kind).wait()

    def emit_at_once(self, events: int, *, kind: str = "a") -> Emission:
        """Emit events in one transaction and return what was committed."""
        return self.emitting(events, kind=kind, at_once=True).wait()

    def stop(self) -> None:
        """Kill what sends: what it was asked to do is over, and its tables go."""
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def logs(self) -> str:
        """Return the end of the log of each of its processes."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"== {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in logs)

    def begin(self, *words: str, prefix: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """Start Python with these words in the sender's environment, as a process group; `logs()` reads its log."""
        log = (self.folder / f"{words[1]}.log").open("ab")
        with log:
            return subprocess.Popen(
                [*prefix, self.sender.python(), *words],
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent(),  # noqa: PLW1509 -- it makes one system call
            )


@dataclass
class Emitter:
    """An emitter at work."""

    process: subprocess.Popen[bytes]
    out: Path

    def wait(self) -> Emission:
        """Wait for its end; raise RuntimeError when it failed."""
        if self.process.wait():
            raise RuntimeError("an emitter failed")
        emitted = json.loads(self.out.read_text())
        return Emission(dict(emitted["events"]), emitted["cpu_s"], emitted["seconds"])


@contextlib.contextmanager
def staged(sender: Sender, services: Services, endpoints: Sequence[Endpoint]) -> Iterator[Stage]:
    """Yield a sender on tables of its own with these endpoints, and stop it at the end."""
    redis.Redis.from_url(services.redis.url(0)).flushall()
    database = "bench_" + secrets.token_hex(4)
    machine.create_database(services.postgresql, database, template=_template(sender, services))
    with tempfile.TemporaryDirectory(prefix="porte-voix-bench-") as name:
        stage = Stage(sender, services, database, Path(name))
        try:
            stage.set_up(endpoints)
            yield stage
        except BaseException:
            print(stage.logs(), file=sys.stderr)
            raise
        finally:
            stage.stop()
            machine.drop_database(services.postgresql, database)


_templates: dict[tuple[str, int], str] = {}


def _template(sender: Sender, services: Services) -> str:
    """Return a database with the sender's empty tables, made once: migrating takes longer than copying."""
    key = (sender.drive, services.postgresql.port)
    if key not in _templates:
        name = f"template_{len(_templates)}"
        machine.create_database(services.postgresql, name)
        with tempfile.TemporaryDirectory(prefix="porte-voix-bench-") as folder:
            Stage(sender, services, name, Path(folder)).set_up([])
        _templates[key] = name
    return _templates[key]

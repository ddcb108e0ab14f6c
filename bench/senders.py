"""The senders that are compared: how each is set up and started, and with which pool of workers."""

from __future__ import annotations

import secrets
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var/bench"
KEY = secrets.token_urlsafe(60)


@dataclass(frozen=True)
class Sender:
    """One way to send webhooks.

    `drive` is the module that sets up and emits, `processes` the commands that send, those of workers first, `share`
    how many of a measure's deliveries it is given: a rate shows with fewer of them where it is a hundred times lower.
    """

    name: str
    drive: str
    processes: tuple[tuple[str, ...], ...]
    share: float
    requirements: Path | None = None
    environ: dict[str, str] = field(default_factory=dict)

    def python(self) -> Path:
        """Return the interpreter of its environment, which is made when it is not there yet."""
        if self.requirements is None:
            return Path(sys.executable)
        folder = VAR / self.requirements.parent.name
        python = folder / "bin/python"
        if not (folder / "ready").exists():
            uv = ROOT / ".venv/bin/uv"
            subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, folder], check=True)
            subprocess.run([uv, "pip", "install", "-q", "--python", python, "-r", self.requirements], check=True)
            (folder / "ready").touch()
        return python


def _celery(app: str, *words: str) -> tuple[str, ...]:
    return ("-m", "celery", "-A", app, *words)


WORKER = ("worker", "--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat")

OURS = Sender(
    name="Porte-voix, 2 couriers",
    drive="bench.ours",
    processes=(
        _celery("config", *WORKER, "-Q", "courier", "--concurrency", "2"),
        _celery("config", "beat", "--loglevel", "WARNING", "--schedule", "beat-schedule"),
    ),
    share=1.0,
    environ={"SECRET_KEY": KEY, "EGRESS_ALLOW": "127.0.0.0/8:*", "LOG_LEVEL": "WARNING", "DEBUG": "0"},
)

POOLS = {"prefork 4": ("--concurrency", "4"), "threads 64": ("--pool", "threads", "--concurrency", "64")}
"""Pools of workers that a peer may have: processes share the cores, threads wait for many receivers at once."""


def _pooled(peer: Sender) -> dict[str, Sender]:
    """Return a peer with each pool, by its key on the command line: no pool is best at everything."""
    (command,) = peer.processes
    return {
        pool.split()[0]: replace(peer, name=f"{peer.name}, {pool}", processes=((*command, *words),))
        for pool, words in POOLS.items()
    }


PLAIN_TASK = Sender(
    name="plain task, tuned",
    drive="bench.peers.plain_task.drive",
    processes=(_celery("bench.peers.plain_task", *WORKER),),
    share=0.1,
)
DJANGO_WEBHOOK = Sender(
    name="django-webhook 0.0.15",
    drive="bench.peers.django_webhook.drive",
    processes=(_celery("bench.peers.django_webhook", *WORKER),),
    share=0.04,
    requirements=ROOT / "bench/peers/django_webhook/requirements.txt",
)
DJANGO_WEBHOOK_KEPT = replace(
    DJANGO_WEBHOOK, name="django-webhook, connections kept", share=0.08, environ={"TUNED": "1"}
)
PEERS = {"plain": PLAIN_TASK, "django-webhook": DJANGO_WEBHOOK, "django-webhook-kept": DJANGO_WEBHOOK_KEPT}
SENDERS = {"ours": OURS} | {
    f"{key}-{pool}": sender for key, peer in PEERS.items() for pool, sender in _pooled(peer).items()
}

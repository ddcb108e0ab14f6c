"""Install PostgreSQL, Redis and Chromium if absent, and run a command on servers of its own.

`python -m scripts.services run [--durable] [--chromium] -- pytest …` starts a PostgreSQL and a Redis on free ports of
127.0.0.1, in a folder of their own, and gives the command their addresses in its environment. They end with it,
however it ends. What the machine already runs is neither used nor touched.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.packages import PACKAGES, Unavailable, install, need

START_S = 30.0
STOP_S = 20.0


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Server:
    """A server process that we start and end by its pid."""

    folder: Path
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    process: subprocess.Popen[bytes] | None = None

    stop_signal = signal.SIGTERM

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        """Start it and wait until it takes connections; raise `Unavailable` with the end of its log."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=end_with_parent(self.stop_signal),  # noqa: PLW1509 -- it makes one system call
                **unprivileged(self.folder),
            )  # fmt: skip
        deadline = time.monotonic() + START_S
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"{self.command()[0]} did not start:\n{(self.folder / 'log').read_text()[-3000:]}")
            time.sleep(0.05)

    def ready(self) -> bool:
        """Return whether its port takes connections."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def stop(self, how: signal.Signals | None = None) -> None:
        """Ask it to end, or signal it as told, and wait; after 20 s it is killed."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(how or self.stop_signal)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class PostgreSQL(Server):
    """A PostgreSQL cluster of its own; `durable` as in production, else without fsync."""

    durable: bool = False

    stop_signal = signal.SIGINT  # "fast shutdown": it does not wait for clients

    @property
    def url(self) -> str:
        return f"postgres://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        """Make the cluster's files."""
        secret = self.folder / "password"
        secret.write_text(self.password)
        _given(secret)
        # Cleartext over loopback: a scram handshake costs several ms of CPU at each connection.
        options = ["-U", "postgres", "-A", "password", f"--pwfile={secret}", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
        subprocess.run(
            [need("initdb"), "-D", str(self.folder / "data"), *options],
            check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **unprivileged(self.folder),
        )  # fmt: skip

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "max_connections": 200,
            "shared_buffers": "256MB",
            "max_wal_size": "4GB",
            "log_min_messages": "error",
        }
        if self.durable:
            settings["shared_preload_libraries"] = "pg_stat_statements"
        else:
            # A test's data need not outlive a power cut.
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [need("postgres"), "-D", str(self.folder / "data"), *options]

    def ready(self) -> bool:
        """Return whether it takes queries: the port opens before that."""
        asked = [need("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        return subprocess.run(asked, check=False, stdin=subprocess.DEVNULL).returncode == 0


@dataclass
class Redis(Server):
    """A Redis of its own that keeps nothing on disk."""

    def url(self, database: int) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def command(self) -> list[str]:
        return [
            need("redis-server"), "--bind", "127.0.0.1", "--port", str(self.port), "--requirepass", self.password,
            "--save", "", "--appendonly", "no", "--databases", "64", "--dir", str(self.folder),
        ]  # fmt: skip


@dataclass(frozen=True)
class Services:
    """The two servers that production has."""

    postgresql: PostgreSQL
    redis: Redis

    def environ(self) -> dict[str, str]:
        """Return the environment variables with which a process of the project uses them."""
        return {
            "DATABASE_URL": self.postgresql.url, "CELERY_BROKER_URL": self.redis.url(0), "CACHE_URL": self.redis.url(1)
        }  # fmt: skip


@contextlib.contextmanager
def running(*, durable: bool = False) -> Iterator[Services]:
    """Start both in a temporary folder, and end them and remove it however the block ends, SIGTERM included."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    install("postgres", "redis-server")
    folder = Path(tempfile.mkdtemp(prefix="porte-voix-services-"))
    servers: list[Server] = []
    try:
        folder.chmod(0o755)
        postgresql = PostgreSQL(_own_folder(folder / "postgresql"), durable=durable)
        redis = Redis(_own_folder(folder / "redis"))
        postgresql.create()
        for server in [postgresql, redis]:
            servers.append(server)
            server.start()
        yield Services(postgresql, redis)
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def unprivileged(folder: Path) -> dict[str, Any]:
    """Return Popen's arguments to run in `folder`, as the user `postgres` if we are root: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {"cwd": folder}
    user = pwd.getpwnam("postgres")
    return {"cwd": folder, "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _own_folder(path: Path) -> Path:
    path.mkdir(mode=0o700)
    return _given(path)


def _given(path: Path) -> Path:
    if "user" in (who := unprivileged(path)):
        os.chown(path, who["user"], who["group"])
    return path


def end_with_parent(how: signal.Signals = signal.SIGTERM) -> Callable[[], object] | None:
    """Return a function that makes a child be signalled when we are killed (prctl(2), PR_SET_PDEATHSIG = 1).

    None where there is no prctl. Linux looks at the thread that started the child: it must live as long as the server.
    """
    libc = ctypes.CDLL(None)
    return (lambda: libc.prctl(1, int(how))) if sys.platform.startswith("linux") else None


def run(command: list[str], *, durable: bool, chromium: bool) -> int:
    """Run `command` beside the services, pass signals on to it, and return its exit status."""
    environ = dict(os.environ)
    if chromium:
        install("chromium")
        environ["CHROMIUM"] = need("chromium")
    with running(durable=durable) as services:
        child = subprocess.Popen(command, env={**environ, **services.environ()})
        # A terminal's Ctrl-C reaches the child by itself.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        return child.wait()


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    installing = verbs.add_parser("install", help="install programs by apt if absent")
    installing.add_argument("programs", nargs="+", choices=sorted(PACKAGES))
    running_it = verbs.add_parser("run", help="run a command with DATABASE_URL, CELERY_BROKER_URL and CACHE_URL")
    running_it.add_argument("--durable", action="store_true", help="PostgreSQL as in production: fsync on")
    running_it.add_argument("--chromium", action="store_true", help="also install Chromium and set CHROMIUM")
    running_it.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    try:
        if options.verb == "install":
            install(*options.programs)
            return 0
        return run(options.command[options.command[:1] == ["--"] :], durable=options.durable, chromium=options.chromium)
    except Unavailable as problem:
        print(problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

"""Run everything in this one process: web server, courier, ingestion and beat."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from celery import current_app
from celery.beat import Service
from celery.worker import WorkController
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.core.wsgi import get_wsgi_application
from django.db import connections
from waitress.server import BaseWSGIServer, create_server

from accounts.models import Account
from accounts.principal import Principal
from config import web_server
from config.celery import make_app
from config.demo import content
from webhooks.delivery import shutdown_flag

logger = logging.getLogger(__name__)

STOP_WITHIN_S = 3.0
"""Seconds that all parts together have to stop; what a courier has not sent by then waits for the next start."""

GRACE_S = 1.0
"""Seconds that requests in flight have to finish when stopping."""

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
WEB_THREADS = 16


class Command(BaseCommand):
    """The whole portal on one machine, without a broker or a database server."""

    help = "Run the web server, the courier, ingestion and beat in this one process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the address to listen on, and whether to create demo content."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-demo", action="store_true", help="do not make demo content")

    def handle(self, *, host: str, port: int, no_demo: bool, **_options: Any) -> None:
        """Prepare the database, start every part, and wait for SIGINT or SIGTERM."""
        _show_events_and_deliveries()
        if not _is_embedded_broker():
            raise CommandError("`up` is its own broker: unset CELERY_BROKER_URL, or run the parts apart (README).")
        call_command("migrate", verbosity=0)
        if not settings.DEBUG:
            call_command("collectstatic", verbosity=0, interactive=False)
        shutdown_flag.clear()
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)  # in every thread: the main one waits for them below
        parts = Parts()
        server = bind(host, port)
        demo = Demo(self.stdout, self.stderr) if settings.DEBUG and not no_demo else None
        if demo:
            demo.make_people()  # before the first page is served: whoever sees the sign-in page can sign in
        parts.start_web(server)
        parts.start_worker("courier", concurrency=1)
        parts.start_worker("ingest", concurrency=2)
        parts.start_beat()
        # In a thread of its own, so that a signal is obeyed while the content is made.
        parts.run("ready", lambda: self._make_ready(f"http://{host}:{port}", demo))
        signal.sigwait(STOP_SIGNALS)
        self.stdout.write("Stopping…")
        parts.stop()
        self.stdout.write("Stopped. What was not delivered yet goes on at the next start.")
        self.stdout.flush()
        logging.shutdown()
        # Python would wait at its end for what threads still do in native code, a drawing for one. All that was done is
        # committed, and what was begun has a lease that ends.
        os._exit(0)

    def _make_ready(self, url: str, demo: Demo | None) -> None:
        """Create the demo's data, then print that everything is ready and how to sign in."""
        if demo:
            demo.make_data()
        ready = self.style.SUCCESS(f"Porte-voix is ready on {url}")
        if demo and demo.has_people:
            ready += f"\nDemo: sign in as alice@ville.example (or carl@, ursula@), password {content.PASSWORD}"
        self.stdout.write(ready)
        self.stdout.flush()


class Demo:
    """The demo content. A failure is reported and does not keep the portal from starting."""

    def __init__(self, stdout: OutputWrapper, stderr: OutputWrapper) -> None:
        self._stdout = stdout
        self._stderr = stderr
        self._made: tuple[Account, Principal] | None = None

    @property
    def has_people(self) -> bool:
        """Whether the people exist, so that one can sign in."""
        return self._made is not None

    def make_people(self) -> None:
        """Create the organisation, its people and a webhook."""
        with self._reporting("people"):
            self._made = content.make_people()

    def make_data(self) -> None:
        """Create the catalogue, the datasets and their charts; return when all are ingested and drawn."""
        if self._made is not None:
            with self._reporting("datasets and charts"):
                content.make_data(*self._made)
            connections.close_all()  # of this thread

    @contextmanager
    def _reporting(self, what: str) -> Iterator[None]:
        self._stdout.write(f"Demo: making {what}…")
        self._stdout.flush()
        try:
            yield
        except Exception:
            logger.exception("the demo's %s could not be made", what)
            self._stderr.write(f"Demo: the {what} could not be made; the portal starts without them (see above).")


def bind(host: str, port: int) -> BaseWSGIServer:
    """Listen on the address; raise CommandError when the port is taken. Connections wait until the server runs."""
    try:
        server: BaseWSGIServer = create_server(
            get_wsgi_application(),
            host=host,
            port=port,
            threads=WEB_THREADS,
            max_request_body_size=settings.UPLOAD_MAX_BYTES + 1_000_000,
            clear_untrusted_proxy_headers=settings.TRUSTED_PROXIES == 0,
            ident="porte-voix",
        )
    except OSError as error:
        raise CommandError(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another --port.") from error
    server.channel_class = web_server.channel
    return server


class Parts:
    """The parts of the process, each in a thread of its own."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._stops: list[Callable[[], object]] = []

    def start_web(self, server: BaseWSGIServer) -> None:
        """Serve the pages and the API."""
        self.run("web", server.run, server.close)

    def start_worker(self, queue: str, *, concurrency: int) -> None:
        """Run a Celery worker for one queue."""
        worker = WorkController(
            app=make_app(current=False),
            hostname=f"{queue}@porte-voix",
            pool="threads",
            concurrency=concurrency,
            queues=[queue],
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        )
        self.run(queue, worker.start, worker.stop)

    def start_beat(self) -> None:
        """Send the periodic tasks."""
        # Service alone would write a schedule file into the folder it runs in.
        beat = Service(current_app, max_interval=1, scheduler_cls=current_app.conf.beat_scheduler)
        self.run("beat", lambda: beat.start(embedded_process=False), beat.stop)

    def stop(self) -> None:
        """Stop every part, within `STOP_WITHIN_S`."""
        shutdown_flag.set(grace_s=GRACE_S)
        stoppers = [threading.Thread(target=stop, daemon=True) for stop in self._stops]
        for stopper in stoppers:
            stopper.start()
        until = time.monotonic() + STOP_WITHIN_S
        for thread in [*stoppers, *self._threads]:
            thread.join(timeout=max(0.0, until - time.monotonic()))

    def run(self, name: str, target: Callable[[], object], stop: Callable[[], object] | None = None) -> None:
        """Run `target` in a thread of its own, ended by `stop`; without one the end of the process may cut it off."""
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        if stop is not None:
            self._threads.append(thread)
            self._stops.append(stop)


def _is_embedded_broker() -> bool:
    return str(settings.CELERY_BROKER_URL).startswith("memory:")


def _show_events_and_deliveries() -> None:
    """Log one line for each event and each delivery, and warnings only for the rest."""
    for name in ("celery", "kombu", "webhooks.tasks", "datasets"):
        logging.getLogger(name).setLevel(logging.WARNING)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("{asctime} {message}", "%H:%M:%S", style="{"))
    for name in ("webhooks.events.outbox", "webhooks.delivery.sender"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.addHandler(handler)
        logger.propagate = False

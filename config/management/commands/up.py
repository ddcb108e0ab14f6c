"""Run everything in this one process: web server, courier, ingestion and beat."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

import waitress.server
from celery import current_app
from celery.beat import Service
from celery.worker import WorkController
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.wsgi import get_wsgi_application

from config.celery import make_app
from webhooks.delivery import shutdown_flag

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
        """Take the address to listen on, and whether to make demo content."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-demo", action="store_true", help="do not make demo content")

    def handle(self, *, host: str, port: int, no_demo: bool, **_options: Any) -> None:  # Any: Django's own options
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
        parts.start_web(host, port)
        parts.start_worker("courier", concurrency=1)
        parts.start_worker("ingest", concurrency=2)
        parts.start_beat()
        self.stdout.write(self.style.SUCCESS(f"Porte-voix is ready on http://{host}:{port}"))
        self.stdout.flush()
        if settings.DEBUG and not no_demo:
            parts.run("demo", lambda: call_command("demo", stdout=self.stdout))
        signal.sigwait(STOP_SIGNALS)
        self.stdout.write("Stopping…")
        parts.stop()
        self.stdout.write("Stopped. What was not delivered yet goes on at the next start.")
        self.stdout.flush()
        logging.shutdown()
        # Python would wait at its end for what threads still do in native code, a drawing for one. All that was done is
        # committed, and what was begun has a lease that ends.
        os._exit(0)


class Parts:
    """The parts of the process, each in a thread of its own."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._stops: list[Callable[[], object]] = []

    def start_web(self, host: str, port: int) -> None:
        """Serve the pages and the API; raise CommandError when the port is taken."""
        try:
            server = waitress.server.create_server(
                get_wsgi_application(),
                host=host,
                port=port,
                threads=WEB_THREADS,
                max_request_body_size=settings.UPLOAD_MAX_BYTES + 1_000_000,
                clear_untrusted_proxy_headers=True,
                ident="porte-voix",
            )
        except OSError as error:
            raise CommandError(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another --port.") from error
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
    """Print one line for each event and each delivery, and of the parts only what goes wrong."""
    for name in ("celery", "kombu", "webhooks.tasks", "datasets"):
        logging.getLogger(name).setLevel(logging.WARNING)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("{asctime} {message}", "%H:%M:%S", style="{"))
    for name in ("webhooks.events.outbox", "webhooks.delivery.sender"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.addHandler(handler)
        logger.propagate = False

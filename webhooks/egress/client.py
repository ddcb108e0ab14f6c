"""Sends hundreds of requests at once from one thread: libcurl's multi interface under the egress policy."""

from collections import defaultdict, deque
from datetime import UTC, datetime
from functools import lru_cache, partial
from time import monotonic
from typing import Any, Self

import certifi
import pycurl

from webhooks.egress import messages
from webhooks.egress.exchange import ErrorClass, OutgoingRequest, Response
from webhooks.egress.headers import header_lines
from webhooks.egress.policy import Blocked, Policy
from webhooks.egress.poller import READ, make_readiness
from webhooks.egress.resolver import Lookup, Resolver
from webhooks.egress.transfer import Job, Transfer

MAX_ADDRESSES = 8
"""Addresses of a name that may be tried, after all of them were judged."""

MAX_PINNED = 10_000
"""Names and ports remembered as being told to libcurl."""


class Sender:
    """Sends requests and gives their responses, each with the key that it was submitted under.

    One thread uses it: `submit` while there is `room`, `poll` for what finished. Nothing that a remote does raises.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        timeout_s: float,
        connect_timeout_s: float = 5.0,
        max_body_bytes: int = 16384,
        max_in_flight: int = 512,
        user_agent: str = "Porte-voix",
        ca_file: str | None = None,
    ) -> None:
        """Prepare to send under `policy`; `timeout_s` is total, from submission to the last byte.

        `ca_file` (PEM) stands in for certifi's certificate authorities.
        """
        self._policy = policy
        self._timeout_s = timeout_s
        self._dns_timeout_s = min(timeout_s, connect_timeout_s)
        self._max_in_flight = max_in_flight
        self._new_transfer = partial(
            Transfer,
            policy,
            connect_timeout_ms=round(connect_timeout_s * 1000),
            max_body_bytes=max_body_bytes,
            user_agent=user_agent,
            ca_file=ca_file or certifi.where(),
        )
        self._parse = lru_cache(maxsize=4096)(policy.parse)
        self._resolver = Resolver()
        self._readiness = make_readiness()
        self._readiness.watch(self._resolver.fileno(), READ)
        self._multi: Any = pycurl.CurlMulti()  # pycurl has no types
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_MAXCONNECTS, max_in_flight)
        self._multi.setopt(pycurl.M_PIPELINING, 0)
        self._pinned: dict[tuple[str, int], Lookup] = {}
        self._looked_up: dict[str, list[Job]] = defaultdict(list)
        self._waiting: deque[Job] = deque()
        self._active: set[Transfer] = set()
        self._idle: list[Transfer] = []
        self._finished: list[tuple[object, Response]] = []
        self._in_flight = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def in_flight(self) -> int:
        """How many requests were submitted and not yet given back by `poll`."""
        return self._in_flight

    @property
    def room(self) -> int:
        """How many more may be submitted now."""
        return self._max_in_flight - self._in_flight

    def submit(self, key: object, request: OutgoingRequest) -> None:
        """Start to send `request`; `poll` gives its response under `key`, a refusal by the policy included."""
        if self._in_flight >= self._max_in_flight:
            raise RuntimeError(f"{self._max_in_flight} requests are in flight already")
        self._in_flight += 1
        now, started_s = datetime.now(UTC), monotonic()
        try:
            job = Job(key, request, self._parse(request.url), header_lines(request.headers), now, started_s)
        except Blocked as blocked:
            self._finished.append((key, Response(None, (), b"", False, ErrorClass.BLOCKED, blocked.message, now, 0)))
            return
        if job.url.address is not None:
            self._start(job)
        elif lookup := self._resolver.get(job.url.host):
            self._start_at(job, lookup)
        else:
            job.is_waiting = True
            self._waiting.append(job)
            self._looked_up[job.url.host].append(job)

    def poll(self, timeout_s: float) -> list[tuple[object, Response]]:
        """Give what finished, as soon as there is something, or nothing once `timeout_s` have passed."""
        deadline_s = monotonic() + timeout_s
        self._advance(0.0 if self._finished else timeout_s)
        while not self._finished and (left_s := deadline_s - monotonic()) > 0:
            self._advance(left_s)
        finished, self._finished = self._finished, []
        self._in_flight -= len(finished)
        return finished

    def abort_all(self) -> list[object]:
        """Stop every request that has no response yet and give their keys; `poll(0)` still gives what finished."""
        keys = [transfer.job.key for transfer in self._active]
        for transfer in list(self._active):
            self._release(transfer)
        keys += [job.key for job in self._waiting if job.is_waiting]
        self._waiting.clear()
        self._looked_up.clear()
        self._in_flight -= len(keys)
        return keys

    def close(self) -> None:
        """Stop everything and close every connection."""
        self.abort_all()
        self._multi.close()
        for transfer in self._idle:
            transfer.curl.close()
        self._idle.clear()
        self._readiness.close()
        self._resolver.close()

    def _start_at(self, job: Job, lookup: Lookup) -> None:
        """Start `job` at the addresses found for its host, unless there is none or one of them is closed."""
        place = (job.url.host, job.url.port)
        if self._pinned.get(place) is lookup:
            self._start(job)
        elif not lookup.addresses:
            self._fail(job, ErrorClass.DNS, messages.DNS)
        elif not self._may_dial(lookup.addresses, *place):
            self._fail(job, ErrorClass.BLOCKED, messages.PRIVATE)
        else:
            if len(self._pinned) >= MAX_PINNED:
                self._pinned.clear()  # pinning a name once more costs next to nothing
            self._pinned[place] = lookup
            self._start(job, lookup.addresses[:MAX_ADDRESSES])

    def _may_dial(self, addresses: tuple[str, ...], host: str, port: int) -> bool:
        try:
            for address in addresses:
                self._policy.judge_address(address, host, port)
        except (Blocked, ValueError):
            return False
        return True

    def _start(self, job: Job, addresses: tuple[str, ...] = ()) -> None:
        transfer = self._idle.pop() if self._idle else self._new_transfer()
        left_s = self._timeout_s - (monotonic() - job.started_s)
        transfer.load(job, timeout_ms=max(1, round(left_s * 1000)))
        if addresses:
            transfer.pin(addresses)
        self._active.add(transfer)
        self._multi.add_handle(transfer.curl)

    def _advance(self, timeout_s: float) -> None:
        """Let libcurl do what is due, wait for sockets at most `timeout_s`, and collect what finished."""
        timer_ms = self._multi.timeout()
        if timer_ms == 0:
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
            self._collect()
            timer_ms = self._multi.timeout()
        wait_s = timeout_s if timer_ms < 0 else min(timeout_s, timer_ms / 1000)
        if self._waiting:
            wait_s = min(wait_s, self._expire_lookups())
        if self._finished:
            wait_s = 0.0
        for fd, ready in self._readiness.wait(wait_s):
            if fd == self._resolver.fileno():
                self._start_looked_up()
            else:
                self._multi.socket_action(fd, ready)
        self._collect()

    def _expire_lookups(self) -> float:
        """Fail the requests whose host was not found in time; give the seconds until the next one must be."""
        while self._waiting:
            job = self._waiting[0]
            left_s = job.started_s + self._dns_timeout_s - monotonic()
            if job.is_waiting and left_s > 0:
                return left_s
            self._waiting.popleft()
            if job.is_waiting:
                job.is_waiting = False
                self._fail(job, ErrorClass.DNS, messages.DNS)
        return 0.0

    def _start_looked_up(self) -> None:
        for host, lookup in self._resolver.finished():
            for job in self._looked_up.pop(host, ()):
                if job.is_waiting:
                    job.is_waiting = False
                    self._start_at(job, lookup)

    def _collect(self) -> None:
        queued = 1
        while queued:
            queued, done, failed = self._multi.info_read()
            for curl in done:
                self._settle(curl.transfer, 0, "")
            for curl, code, detail in failed:
                self._settle(curl.transfer, code, detail)

    def _settle(self, transfer: Transfer, code: int, detail: str) -> None:
        self._finished.append((transfer.job.key, transfer.response(code, detail)))
        self._release(transfer)

    def _release(self, transfer: Transfer) -> None:
        self._multi.remove_handle(transfer.curl)
        self._active.discard(transfer)
        self._idle.append(transfer)

    def _fail(self, job: Job, error: ErrorClass, reason: str) -> None:
        duration_ms = round((monotonic() - job.started_s) * 1000)
        response = Response(None, (), b"", False, error, reason, job.started_at, duration_ms)
        self._finished.append((job.key, response))

    def _watch(self, wanted: int, fd: int, multi: object, data: object) -> None:
        """Do what libcurl says about a socket."""
        if wanted == pycurl.POLL_REMOVE:
            self._readiness.forget(fd)
        else:
            self._readiness.watch(fd, wanted)

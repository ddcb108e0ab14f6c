"""Sends hundreds of requests at once from one thread: libcurl's multi interface under the egress policy."""

from datetime import UTC, datetime
from functools import lru_cache, partial
from time import monotonic
from typing import Any, Self

import certifi
import pycurl

from webhooks.egress import messages
from webhooks.egress.connections import ConnectionPool, ConnectionPools, KeptConnections
from webhooks.egress.exchange import ErrorClass, OutgoingRequest, Response
from webhooks.egress.headers import header_lines
from webhooks.egress.names import Lookup, Names, literal
from webhooks.egress.nameservers import NameServers
from webhooks.egress.policy import Blocked, Policy
from webhooks.egress.poller import Poller
from webhooks.egress.resolver import MAX_FAILURES_AT_ONCE, Resolver, Waiting
from webhooks.egress.stall import StallGuard
from webhooks.egress.transfer import Call, Transfer

MAX_ADDRESSES_PER_HOST = 8
"""Addresses of a name that may be tried, after all of them were judged."""

PRODUCT = "Porte-voix"


class HttpClient:
    """Sends requests and returns their responses, each with the key that it was submitted under.

    One thread uses it: `submit` up to `max_in_flight` requests, `poll` for what finished. Nothing that a remote does
    raises.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        timeout_s: float,
        connect_timeout_s: float = 5.0,
        max_body_bytes: int = 16384,
        max_in_flight: int = 512,
        user_agent: str = PRODUCT,
        ca_file: str | None = None,
        name_servers: tuple[str, ...] = (),
        names: Names | None = None,
    ) -> None:
        """Prepare to send under `policy`; `timeout_s` is total, from submission to the last byte.

        A look-up has `connect_timeout_s` from its turn on. `ca_file` (PEM) stands in for certifi's certificate
        authorities, `name_servers` (`address[:port]`) for those of the machine; `names` is what is known of names.
        """
        self._policy = policy
        self._timeout_s = timeout_s
        self._max_in_flight = max_in_flight
        self._pools = ConnectionPools()
        max_kept = 2 * max_in_flight  # each group has its own: there are more than when all share
        self._kept = KeptConnections(limit=max_kept)
        self._multi: Any = pycurl.CurlMulti()  # pycurl has no types
        self._guard = StallGuard(self._multi)
        self._new_transfer = partial(
            Transfer,
            policy,
            self._kept,
            self._guard,
            connect_timeout_ms=round(connect_timeout_s * 1000),
            max_body_bytes=max_body_bytes,
            user_agent=user_agent,
            ca_file=ca_file or certifi.where(),
        )
        self._parse = lru_cache(maxsize=4096)(policy.parse)
        self._poller = Poller(on_unwatched=self._kept.drop)
        servers = NameServers(name_servers, self._poller)
        self._resolver = Resolver(names or Names(), servers, patience_s=min(timeout_s, connect_timeout_s))
        self._found, self._not_found = list[Waiting](), list[Waiting]()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_MAXCONNECTS, max_kept)
        self._multi.setopt(pycurl.M_PIPELINING, 0)
        self._waiting, self._active = set[Call](), set[Transfer]()
        self._idle, self._finished = list[Transfer](), list[tuple[object, Response]]()
        self._in_flight = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def in_flight(self) -> int:
        """How many requests were submitted and not yet returned by `poll`."""
        return self._in_flight

    def look_up(self, url: str, who: Waiting, *, owner: int) -> Lookup | None:
        """Return what `submit` has to know of the host of `url`; or None: `looked_up` tells when `who` may ask again.

        Until then its name is looked up, or waits for its turn among those of `owner`, as long as `who.is_waiting`.
        """
        try:
            parsed = self._parse(url)
        except Blocked:
            return literal(url)  # `submit` refuses it
        return self._resolver.get(parsed.host, who, owner=owner) if parsed.address is None else literal(parsed.host)

    def looked_up(self) -> list[Waiting]:
        """Return who may ask `look_up` again: those whose host was found, and a few of the others at a time."""
        some, self._not_found = self._not_found[:MAX_FAILURES_AT_ONCE], self._not_found[MAX_FAILURES_AT_ONCE:]
        found, self._found = self._found, []
        return found + some

    def submit(self, key: object, request: OutgoingRequest, *, group: int = 0, lookup: Lookup | None = None) -> None:
        """Start to send `request`; `poll` will return its response under `key`, a refusal by the policy included.

        Requests of different groups never use the same connection. Without a `lookup` of its host there is one now.
        """
        if self._in_flight >= self._max_in_flight:
            raise RuntimeError(f"{self._max_in_flight} requests are in flight already")
        self._in_flight += 1
        now, started_s = datetime.now(UTC), monotonic()
        try:
            call = Call(key, request, self._parse(request.url), header_lines(request.headers), now, started_s, group)
        except Blocked as blocked:
            self._finished.append((key, Response(None, (), b"", False, ErrorClass.BLOCKED, blocked.message, now, 0)))
            return
        if lookup is None:
            lookup = self.look_up(request.url, call, owner=0)
        if lookup is None:
            self._waiting.add(call)
        else:
            self._start_at(call, lookup)

    def poll(self, timeout_s: float) -> list[tuple[object, Response]]:
        """Return what finished, as soon as there is something, or nothing once `timeout_s` have passed."""
        deadline_s = monotonic() + timeout_s
        self._advance(0.0 if self._finished else timeout_s)
        while not self._finished and (left_s := deadline_s - monotonic()) > 0:
            self._advance(left_s)
        finished, self._finished = self._finished, []
        self._in_flight -= len(finished)
        return finished

    def abort_all(self) -> list[object]:
        """Stop every request that has no response yet and return their keys; `poll(0)` still returns what finished."""
        keys = [transfer.call.key for transfer in self._active]
        for transfer in list(self._active):
            self._release(transfer)
        keys += [call.key for call in self._waiting]
        self._waiting.clear()
        self._resolver.forget_all()
        self._in_flight -= len(keys)
        return keys

    def close(self) -> None:
        """Stop everything and close every connection."""
        self.abort_all()
        self._guard.close()
        self._multi.close()
        for transfer in self._idle:
            transfer.curl.close()
        self._resolver.servers.close()
        self._poller.close()

    def _start_at(self, call: Call, lookup: Lookup) -> None:
        """Start `call` at the addresses found for its host, unless there is none or one of them is closed."""
        pool = self._pools.of(call.group, call.url.host, call.url.port)
        if pool.lookup is lookup:
            self._start(call, pool)
        elif not lookup.addresses:
            self._fail(call, ErrorClass.DNS, messages.DNS, took_s=lookup.took_s)
        elif not self._policy.allows_all(lookup.addresses, call.url.host, call.url.port):
            self._fail(call, ErrorClass.BLOCKED, messages.PRIVATE)
        else:
            pool.lookup = lookup
            self._start(call, pool, lookup.addresses[:MAX_ADDRESSES_PER_HOST])

    def _start(self, call: Call, pool: ConnectionPool, addresses: tuple[str, ...] = ()) -> None:
        transfer = self._idle.pop() if self._idle else self._new_transfer()
        transfer.load(call, pool, timeout_ms=self._left_ms(call))
        if addresses:
            transfer.pin(addresses, self._pools.outdated())
        self._active.add(transfer)
        self._multi.add_handle(transfer.curl)

    def _left_ms(self, call: Call) -> int:
        return max(1, round((self._timeout_s - (monotonic() - call.started_s)) * 1000))

    def _advance(self, timeout_s: float) -> None:
        """Let libcurl do what is due, wait for sockets at most `timeout_s`, and collect what finished."""
        timer_ms = self._multi.timeout()
        if timer_ms == 0:
            self._guard.step(pycurl.SOCKET_TIMEOUT, 0)
            self._collect()
            timer_ms = self._multi.timeout()
        wait_s = timeout_s if timer_ms < 0 else min(timeout_s, timer_ms / 1000)
        wait_s = 0.0 if self._finished else min(wait_s, self._resolver.timeout_s())
        for fd, ready in self._poller.wait(wait_s):
            if fd in self._resolver.servers.fds:
                self._resolver.servers.process(fd, ready)
            else:
                self._guard.step(fd, ready)
        if self._resolver.is_busy:
            self._go_on_with_names()
        self._collect()

    def _go_on_with_names(self) -> None:
        """Advance the look-ups, and start the requests whose host is known now."""
        self._resolver.advance()
        for who, found in self._resolver.served():
            if not isinstance(who, Call):
                (self._found if found and found.addresses else self._not_found).append(who)
            elif lookup := found or self.look_up(who.request.url, who, owner=0):
                self._waiting.discard(who)
                self._start_at(who, lookup)

    def _collect(self) -> None:
        queued = 1
        while queued:
            queued, done, failed = self._multi.info_read()
            for curl in done:
                self._finish(curl.transfer, 0, "")
            for curl, code, detail in failed:
                self._finish(curl.transfer, code, detail)

    def _finish(self, transfer: Transfer, code: int, detail: str) -> None:
        if transfer.must_redial:
            self._multi.remove_handle(transfer.curl)
            transfer.redial(timeout_ms=self._left_ms(transfer.call))
            self._multi.add_handle(transfer.curl)
            return
        self._finished.append((transfer.call.key, transfer.response(code, detail)))
        self._release(transfer)

    def _release(self, transfer: Transfer) -> None:
        self._multi.remove_handle(transfer.curl)
        self._active.discard(transfer)
        self._idle.append(transfer)

    def _fail(self, call: Call, error: ErrorClass, reason: str, *, took_s: float = 0.0) -> None:
        duration_ms = round(max(monotonic() - call.started_s, took_s) * 1000)
        response = Response(None, (), b"", False, error, reason, call.started_at, duration_ms)
        self._finished.append((call.key, response))

    def _watch(self, wanted: int, fd: int, multi: object, data: object) -> None:
        """Watch or forget a socket, as libcurl asks."""
        if wanted == pycurl.POLL_REMOVE:
            self._poller.forget(fd)
            self._guard.forget(fd)
        else:
            self._poller.watch(fd, wanted)

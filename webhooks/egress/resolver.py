"""Resolves host names so that nobody waits for the dead names of another: docs/dns.md says how and why."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import Protocol

from webhooks.egress.names import Lookup, Names
from webhooks.egress.nameservers import NameServers
from webhooks.egress.shares import Shares

MAX_LOOKUPS, MAX_LOOKUPS_PER_OWNER = 256, 32
"""Look-ups that hold a place at once, in all and for one owner; the others wait for their turn."""

HOLD_S = 1.0
"""Seconds for which a look-up holds its place. It goes on without, and its name is slow from then on."""

MAX_SLOW, MAX_SLOW_PER_OWNER = 64, 8
"""The same for names that are known to be slow: these hold their place until they end."""

SWEEP_INTERVAL_S = 0.25
"""How often to look for places held by look-ups that nobody wants any more."""


MAX_FAILURES_AT_ONCE = 4
"""Names that were not found come in crowds, and what becomes of each takes a while: the others go in between."""


class Waiting(Protocol):
    """Somebody who waits for a name, as long as `is_waiting`."""

    @property
    def is_waiting(self) -> bool: ...


@dataclass(slots=True, eq=False)
class Wish:
    """A look-up that is wanted; `began_s` is None while it waits for a place in `shares`.

    `is_kept`: the name is known to be good, and its addresses are confirmed whether or not somebody waits for them.
    """

    host: str
    shares: Shares
    is_kept: bool
    waiting: list[Waiting] = field(default_factory=list)
    began_s: float | None = None
    is_late: bool = False

    @property
    def is_wanted(self) -> bool:
        return self.is_kept or any(who.is_waiting for who in self.waiting)


class Resolver:
    """Look-ups under way, one at a time for each name, and those that wait for their turn.

    Its owner, one thread, waits with the poller for at most `timeout_s()`, hands ready sockets to `servers` and calls
    `advance`. Look-ups end after `patience_s`, whatever the name server does; an answer that comes later is remembered.
    """

    def __init__(self, names: Names, servers: NameServers, *, patience_s: float) -> None:
        self.servers = servers
        self._names = names
        self._patience_s = patience_s
        self._hold_s = min(HOLD_S, patience_s)
        self._prompt = Shares(most=MAX_LOOKUPS, most_per_owner=MAX_LOOKUPS_PER_OWNER)
        self._slow = Shares(most=MAX_SLOW, most_per_owner=MAX_SLOW_PER_OWNER)
        self._wishes: dict[str, Wish] = {}
        self._begun: deque[Wish] = deque()
        self._late: deque[Wish] = deque()
        self._served: list[tuple[Waiting, Lookup | None]] = []
        self._swept_s = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether there is something to wait for."""
        return bool(self._wishes or self._served or self.servers.is_busy)

    def get(self, host: str, who: Waiting, *, owner: int = 0) -> Lookup | None:
        """Return what is known of `host`; or None, and `who` will be served: look it up within the share of `owner`.

        Addresses that are out of date are returned while DNS does not answer, or cannot be asked.
        """
        now_s = monotonic()
        known = self._names.get(host)
        if known is not None and now_s < known.fresh_until_s:
            if now_s >= known.refresh_from_s and host not in self._wishes:
                self._want(host, owner, is_kept=True)
                self.advance()
            return known.lookup
        is_stale = known is not None and known.holds_stale(now_s)
        wish = self._want(host, owner, is_kept=is_stale)
        wish.waiting.append(who)
        self.advance()
        known = self._names.get(host)  # the answer may be there at once: from the hosts file, or c-ares's own cache
        has_ended = self._wishes.get(host) is not wish
        if known is not None and (has_ended or (is_stale and (wish.began_s is None or wish.is_late))):
            wish.waiting = [other for other in wish.waiting if other is not who]
            self._served = [served for served in self._served if served[0] is not who]
            return known.lookup
        return None

    def served(self) -> list[tuple[Waiting, Lookup | None]]:
        """Return whose wait ended since the last call, each with what is known now: None when nobody wanted it."""
        served, self._served = self._served, []
        return served

    def timeout_s(self) -> float:
        """Return the seconds until `advance` has something to do even if no socket is ready."""
        if not self.is_busy or self._served:
            return 0.0 if self._served else inf
        ends_s = min(_began_s(self._begun) + self._hold_s, _began_s(self._late) + self._patience_s)
        sweep_s = self._swept_s + SWEEP_INTERVAL_S if self._wishes else inf
        return max(0.0, min(ends_s - monotonic(), sweep_s - monotonic(), self.servers.timeout_s()))

    def advance(self) -> None:
        """Take answers, end what takes too long, and begin what has a place."""
        now_s = monotonic()
        self._end_overdue(now_s)
        if now_s - self._swept_s >= SWEEP_INTERVAL_S:
            self._swept_s = now_s
            self._sweep()
        self._begin(now_s)
        while answers := self.servers.take():
            for answer in answers:
                self._settle(answer.host, answer.addresses, now_s=now_s, is_answer=answer.is_answer)
            self._begin(now_s)

    def forget_all(self) -> None:
        """Forget who waits and what for; what is under way goes on without a place, and its answer is remembered."""
        for shares in (self._prompt, self._slow):
            shares.clear()
        for kept in (self._wishes, self._begun, self._late, self._served):
            kept.clear()

    def _want(self, host: str, owner: int, *, is_kept: bool) -> Wish:
        wish = self._wishes.get(host)
        if wish is None:
            known = self._names.get(host)
            shares = self._slow if known is not None and known.is_slow else self._prompt
            wish = self._wishes[host] = Wish(host, shares, is_kept)
        if wish.began_s is None:
            wish.shares.wait(host, owner)
        return wish

    def _begin(self, now_s: float) -> None:
        for shares in (self._prompt, self._slow):
            while (host := shares.next()) is not None:
                wish = self._wishes.get(host)
                if wish is None or wish.shares is not shares or wish.began_s is not None:
                    shares.release(host)
                elif not wish.is_wanted:
                    self._end(wish)
                else:
                    wish.began_s = now_s
                    self._begun.append(wish)
                    self.servers.ask(host)

    def _settle(self, host: str, addresses: tuple[str, ...], *, now_s: float, is_answer: bool) -> None:
        """Remember the answer for `host`; one that says nothing counts only while somebody waits for it."""
        wish = self._wishes.get(host)
        began_s = wish.began_s if wish else None
        took_s = self._patience_s if began_s is None else now_s - began_s
        is_slow = took_s >= self._hold_s
        if addresses:
            self._names.learn(host, addresses, now_s=now_s, took_s=took_s, is_slow=is_slow)
        elif began_s is not None:
            self._names.fail(host, now_s=now_s, took_s=took_s, is_slow=is_slow, is_answer=is_answer)
        if wish is not None and (addresses or began_s is not None):
            self._end(wish)

    def _end_overdue(self, now_s: float) -> None:
        """Take their places from look-ups that are late, and end those of which nothing came in time."""
        while _began_s(self._begun) + self._hold_s <= now_s:
            wish = self._begun.popleft()
            if self._wishes.get(wish.host) is wish:
                wish.is_late = True
                self._prompt.release(wish.host)
                self._late.append(wish)
                known = self._names.get(wish.host)
                if known is not None and known.holds_stale(now_s):
                    self._serve(wish)
        while _began_s(self._late) + self._patience_s <= now_s:
            wish = self._late.popleft()
            if self._wishes.get(wish.host) is wish:
                self._settle(wish.host, (), now_s=now_s, is_answer=False)

    def _sweep(self) -> None:
        for shares in (self._prompt, self._slow):
            for host in shares.holders():
                wish = self._wishes.get(host)
                if wish is None:
                    shares.release(host)
                elif not wish.is_wanted:
                    self._end(wish)

    def _end(self, wish: Wish) -> None:
        del self._wishes[wish.host]
        wish.shares.release(wish.host)
        self._serve(wish)

    def _serve(self, wish: Wish) -> None:
        known = self._names.get(wish.host)
        lookup = known.lookup if known else None
        self._served += [(who, lookup) for who in wish.waiting]
        wish.waiting.clear()


def _began_s(wishes: deque[Wish]) -> float:
    """Return when the first of `wishes` began; it never did when there is none."""
    began_s = wishes[0].began_s if wishes else None
    return inf if began_s is None else began_s

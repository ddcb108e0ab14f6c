"""What is known of host names: addresses and failures, for how long they hold, and what holds when DNS does not answer.

Pure: the time comes in as an argument.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import inf

FRESH_S = 60.0
"""Seconds for which the addresses of a name are used without asking again (libcurl's own default)."""

REFRESH_AFTER_S = 45.0
"""A name that is used after so many of them is asked for ahead, while it is still used."""

STALE_S = 3600.0
"""Seconds for which addresses are used, from their last confirmation, while DNS does not answer (RFC 8767 §5)."""

FAILED_S = 3.0
"""Seconds for which a first failure holds: shorter than the first delay of the retry schedule. Doubled each time."""

FAILED_MAX_S = 60.0

MAX_ADDRESSES = 512
"""A name with more addresses is not called: to read and judge thousands takes time that others wait."""

MAX_NAMES = 10_000
"""Names that are remembered; those that were learnt the longest ago go first."""


@dataclass(frozen=True, eq=False, slots=True)
class Lookup:
    """The result of a look-up: every address that was found, none when the name could not be resolved."""

    addresses: tuple[str, ...]
    took_s: float = 0.0


@lru_cache(maxsize=4096)
def literal(address: str) -> Lookup:
    """Return the result for a host that is an address, the same one at each call."""
    return Lookup((address,))


@dataclass(slots=True)
class Name:
    """What is known of one name. `is_slow`: its last look-up took long, or brought nothing before it was given up."""

    lookup: Lookup
    fresh_until_s: float
    refresh_from_s: float = inf
    stale_until_s: float = 0.0
    failures: int = 0
    is_slow: bool = False

    def holds_stale(self, now_s: float) -> bool:
        """Return whether its addresses may be used at `now_s` although they should have been asked for again."""
        return bool(self.lookup.addresses) and now_s < self.stale_until_s


class Names:
    """The names that are known in this process."""

    def __init__(self) -> None:
        self._known: dict[str, Name] = {}

    def get(self, host: str) -> Name | None:
        """Return what is known of `host`, out of date or not."""
        return self._known.get(host)

    def learn(self, host: str, addresses: tuple[str, ...], *, now_s: float, took_s: float, is_slow: bool) -> None:
        """Remember the addresses of `host`; more than are allowed are a failure that holds long at once."""
        if len(addresses) > MAX_ADDRESSES:
            failed = Lookup((), took_s)
            self._remember(host, Name(failed, now_s + FAILED_MAX_S, failures=1, is_slow=True))
            return
        fresh_until_s, refresh_from_s = now_s + FRESH_S, now_s + min(REFRESH_AFTER_S, FRESH_S)
        lookup = Lookup(addresses, took_s)
        self._remember(host, Name(lookup, fresh_until_s, refresh_from_s, now_s + STALE_S, 0, is_slow))

    def fail(self, host: str, *, now_s: float, took_s: float, is_slow: bool, is_answer: bool) -> None:
        """Remember that `host` was not found: for twice as long each time, up to `FAILED_MAX_S`.

        `is_answer`: DNS says that there is no such address. Otherwise DNS did not answer, and addresses that are known
        from before are used on.
        """
        known = self._known.get(host)
        failures = min(known.failures, 30) + 1 if known else 1
        fresh_until_s = now_s + min(FAILED_S * 2 ** (failures - 1), FAILED_MAX_S)
        if known is not None and known.holds_stale(now_s) and not is_answer:
            name = Name(known.lookup, fresh_until_s, inf, known.stale_until_s, failures, is_slow)
        else:
            name = Name(Lookup((), took_s), fresh_until_s, failures=failures, is_slow=is_slow)
        self._remember(host, name)

    def _remember(self, host: str, name: Name) -> None:
        self._known.pop(host, None)
        self._known[host] = name  # the last one: the first was learnt the longest ago
        if len(self._known) > MAX_NAMES:
            for oldest in list(self._known)[: MAX_NAMES // 10]:
                self._known.pop(oldest, None)

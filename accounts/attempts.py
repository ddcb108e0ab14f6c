"""Limits on how often somebody may try a password or have a letter sent, counted in the shared cache."""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import ceil

from django.core.cache import BaseCache, cache
from django.core.cache.backends.locmem import LocMemCache
from django.utils.crypto import salted_hmac

from accounts.broker import unless_away

WINDOW_S = 900
"""Seconds after which all counts begin anew, at the same moments for everybody: so that the wait can be told."""


@dataclass(frozen=True)
class Limit:
    """How many attempts are allowed in a window on what `name` says."""

    name: str
    maximum: int


FROM_NETWORK = Limit("network", 60)
"""Whoever they try to be: an office behind one address signs in with it, a list of stolen passwords does not."""

ON_USER_FROM_NETWORK = Limit("pair", 8)
"""Enough for a person with a bad memory, useless for a guesser."""

ON_USER = Limit("user", 30)
"""From all networks together; a browser in which the user signed in before is not counted here."""

FROM_DEVICE = Limit("device", 8)
"""On a user from a browser in which they signed in before: nobody elsewhere can use it up."""

ON_PASSWORD = Limit("password", 8)
"""On the old password, by whoever sits before a session that was left open."""

LETTERS = Limit("letters", 5)
"""To one address, whoever asks for them."""

LETTERS_FROM_NETWORK = Limit("letters from network", 30)

# What counts while the shared cache is away: this process alone, which is less than all, and more than nothing.
_own_cache = LocMemCache("accounts.attempts", {"OPTIONS": {"MAX_ENTRIES": 100_000}})


def seconds_left() -> int:
    """Return the seconds until the counts begin anew."""
    return max(1, ceil(WINDOW_S - time.time() % WINDOW_S))


def allow(limit: Limit, *what: str) -> bool:
    """Count an attempt on `what`, and return whether it is within `limit`; call it before the attempt is made."""
    key = _key(limit, *what)
    count = unless_away(lambda: _count(cache, key), default=0) or _count(_own_cache, key)
    return count <= limit.maximum


def allow_sign_in(email: str, network: str, *, device: str = "") -> bool:
    """Count an attempt to sign in, and return whether the password may be looked at.

    `device` is the browser's mark if this user signed in there before. An attempt that one limit refuses is not
    counted by the next: alone, a guesser uses up what is counted for their own network only.
    """
    if device:
        return allow(FROM_DEVICE, email, device)
    return (
        allow(FROM_NETWORK, network) and allow(ON_USER_FROM_NETWORK, email, network) and allow(ON_USER, email)
    )  # in this order


def forget_sign_in(email: str, network: str, *, device: str = "") -> None:
    """Take back the attempt that gave the right password, and those of the same person before it."""
    _forget(FROM_DEVICE, email, device)
    _forget(ON_USER_FROM_NETWORK, email, network)
    if not device:
        _take_back(FROM_NETWORK, network)
        _take_back(ON_USER, email)


def allow_letter(email: str, network: str) -> bool:
    """Count a letter to `email` that somebody at `network` asks for, and return whether it may be sent."""
    return allow(LETTERS_FROM_NETWORK, network) and allow(LETTERS, email)


def _count(counts: BaseCache, key: str) -> int:
    """Add one to a counter, and return it."""
    counts.add(key, 0, 2 * WINDOW_S)
    try:
        return counts.incr(key)
    except ValueError:  # the cache dropped it between the two calls
        return 1


def _forget(limit: Limit, *what: str) -> None:
    key = _key(limit, *what)
    unless_away(lambda: cache.delete(key), default=False)
    _own_cache.delete(key)


def _take_back(limit: Limit, *what: str) -> None:
    key = _key(limit, *what)

    def decrement() -> None:
        if cache.get(key, 0) > 0:
            cache.decr(key)

    unless_away(decrement, default=None)


def _key(limit: Limit, *what: str) -> str:
    """Return the name of the counter in this window, which reveals no e-mail address to who reads the cache."""
    window = int(time.time() // WINDOW_S)
    told = "|".join([limit.name, str(window), *(part.strip().lower() for part in what)])
    return "attempts:" + salted_hmac("accounts.attempts", told).hexdigest()

"""A limit on how often somebody may try a password or ask for a reminder, counted in the cache."""

from django.core.cache import cache
from django.utils.crypto import salted_hmac

MAX_ATTEMPTS = 8
"""Attempts allowed in a window: enough for a person with a bad memory, useless for a guesser."""

WINDOW_S = 900
"""Seconds after the first attempt when the count begins anew."""


def allow(email: str, network: str) -> bool:
    """Count an attempt on the user `email` from `network`, and return whether it is within the limit.

    Call it before the password is looked at. The network is part of the count so that a guesser elsewhere does not
    shut the user out.
    """
    key = _key(email, network)
    cache.add(key, 0, WINDOW_S)
    try:
        return cache.incr(key) <= MAX_ATTEMPTS
    except ValueError:  # the window ended between the two calls
        return True


def reset(email: str, network: str) -> None:
    """Forget the attempts of a user who has given the right password."""
    cache.delete(_key(email, network))


def _key(email: str, network: str) -> str:
    """Return the name of the counter, which does not reveal the e-mail address to who reads the cache."""
    return "attempts:" + salted_hmac("accounts.attempts", f"{email.strip().lower()}|{network}").hexdigest()

"""How many times a password may be tried: failures counted in the cache, per e-mail address and network address."""

from django.core.cache import cache
from django.utils.crypto import salted_hmac

MAX_FAILURES = 8
"""Failed attempts allowed in a window: enough for a person with a bad memory, useless for a guesser."""

WINDOW_S = 900
"""How long a failure counts."""


def attempt(email: str, address: str) -> bool:
    """Count an attempt before the password is looked at; tell whether it may go on."""
    key = _key(email, address)
    cache.add(key, 0, WINDOW_S)
    try:
        return cache.incr(key) <= MAX_FAILURES
    except ValueError:  # the window ended between the two calls
        return True


def forgive(email: str, address: str) -> None:
    """Forget the failures of someone who has now given the right password."""
    cache.delete(_key(email, address))


def _key(email: str, address: str) -> str:
    """Name the counter without keeping an e-mail address in the cache."""
    return "sign-in:" + salted_hmac("accounts.throttle", f"{email.strip().lower()}|{address}").hexdigest()

"""The mark of a browser in which a user signed in before: guesses made elsewhere do not lock them out there.

It opens nothing: it gives its browser a count of its own of attempts. The idea is OWASP's "device cookies"
(https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

COOKIE = "device"
SALT = "accounts.devices"
MAX_AGE_S = 365 * 24 * 3600
MAX_USERS = 4
"""Of one browser: the last ones are remembered."""


def mark_of(request: HttpRequest, email: str) -> str:
    """Return the mark that this browser has had since `email` signed in, or ""."""
    user = _user_hash(email)
    return next((mark for known, mark in _marks(request) if constant_time_compare(known, user)), "")


def remember(request: HttpRequest, answer: HttpResponseBase, email: str) -> None:
    """Let the browser that gets `answer` be known from now on as one in which `email` signed in."""
    user = _user_hash(email)
    others = [(known, mark) for known, mark in _marks(request) if known != user]
    marks = [(user, mark_of(request, email) or secrets.token_hex(8)), *others][:MAX_USERS]
    answer.set_signed_cookie(
        COOKIE,
        "-".join(f"{known}.{mark}" for known, mark in marks),
        salt=SALT,
        max_age=MAX_AGE_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _marks(request: HttpRequest) -> list[tuple[str, str]]:
    cookie = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=MAX_AGE_S) or ""
    return [(known, mark) for known, _dot, mark in (pair.partition(".") for pair in cookie.split("-")) if mark]


def _user_hash(email: str) -> str:
    return salted_hmac(SALT, email.strip().lower()).hexdigest()[:20]

"""The error that the state of a webhook or of a delivery is in the way of an action."""

from __future__ import annotations

from django.utils.functional import Promise


class Conflict(Exception):
    """The current state does not allow this; `message` says why, in the language of the user."""

    def __init__(self, code: str, message: str | Promise) -> None:
        super().__init__(code)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class TooSoon(Conflict):
    """This was asked for too often: it is allowed again in `wait_s` seconds."""

    def __init__(self, code: str, message: str | Promise, *, wait_s: int) -> None:
        super().__init__(code, message)
        self.wait_s = wait_s

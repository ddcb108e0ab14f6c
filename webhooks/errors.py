"""What the state of a webhook or of a delivery does not allow."""

from __future__ import annotations

from django.utils.functional import Promise


class Conflict(Exception):
    """An act was not done because of the state of things; `message` says why, in the words of the user."""

    def __init__(self, code: str, message: str | Promise) -> None:
        super().__init__(code)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return str(self.message)

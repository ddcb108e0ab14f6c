"""Who does something: a person, a program with an API key, a visitor, a command of the operator, the service itself."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["user", "apikey", "command", "worker", "visitor"]


@dataclass(frozen=True, slots=True)
class Principal:
    """The author of a change or an event; `id` is that of the user or the key as text, empty for the others.

    `address` is where the request came from, as `accounts.client_address` knows it; empty when there was none.
    """

    kind: Kind
    id: str = ""
    name: str = ""
    address: str = ""


VISITOR = Principal(kind="visitor")
"""Somebody who is not signed in, and may read what is public."""

WORKER = Principal(kind="worker", name="Porte-voix")
"""The service itself: the courier, the tasks, a migration."""


def command(name: str) -> Principal:
    """Return the author of what `manage.py <name>` does: an operator at the machine."""
    return Principal(kind="command", name=f"manage.py {name}")

"""Who does something: a person, a program with an API key, a visitor, or the service itself."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["user", "apikey", "worker", "visitor"]


@dataclass(frozen=True, slots=True)
class Principal:
    """The author of a change or an event; `id` is that of the user or the key as text, empty for the others."""

    kind: Kind
    id: str = ""
    name: str = ""


VISITOR = Principal(kind="visitor")
"""Somebody who is not signed in, and may read what is public."""

WORKER = Principal(kind="worker", name="Porte-voix")

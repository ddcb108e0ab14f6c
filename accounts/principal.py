"""Who does an act: a person, a program with a key, a visitor, or the service itself."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["user", "apikey", "worker", "visitor"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Name the author of an act; `id` is the user's or the key's id as text, empty for the others."""

    kind: Kind
    id: str = ""
    name: str = ""


VISITOR = Principal(kind="visitor")
"""Anybody: who downloads what is public without saying who they are."""

WORKER = Principal(kind="worker", name="Porte-voix")

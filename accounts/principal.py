"""Who does an act: a person, a program with a key, or the service itself."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["user", "apikey", "worker"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Name the author of an act; `id` is the user's or the key's id as text, empty for the service itself."""

    kind: Kind
    id: str = ""
    name: str = ""


WORKER = Principal(kind="worker", name="Porte-voix")

"""What a kind of catalogue has to know: how to put something on it, renew it, take it away."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.utils.functional import Promise

from datasets.models import Publication

Text = str | Promise


class CatalogError(Exception):
    """The catalogue did not do what it was asked; the message is a sentence for people, lazy or not."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason)
        self.reason = reason


class Connector(ABC):
    """One kind of catalogue. `remote` says that it calls another machine: then a task does it, in no transaction."""

    kind: ClassVar[str]
    label: ClassVar[Text]
    description: ClassVar[Text]
    icon: ClassVar[str]
    remote: ClassVar[bool] = True

    @abstractmethod
    def publish(self, publication: Publication) -> str:
        """Put its resource on its catalogue; give the address of its page there, or raise `CatalogError`.

        May be called again after a crash: what is there already is renewed, never doubled.
        """

    def update(self, publication: Publication) -> str:
        """Renew what the catalogue shows of its resource; return its page there, or raise `CatalogError`."""
        return self.publish(publication)

    @abstractmethod
    def remove(self, publication: Publication) -> None:
        """Take its resource off its catalogue, if it is still there, or raise `CatalogError`."""


_connectors: dict[str, Connector] = {}


def register(connector: type[Connector]) -> type[Connector]:
    """Add a kind of catalogue; raise ValueError when its name is taken."""
    if connector.kind in _connectors:
        raise ValueError(f"The kind of catalogue {connector.kind} is already registered.")
    _connectors[connector.kind] = connector()
    return connector


def find(kind: str) -> Connector:
    """Give the connector of this kind; raise KeyError when there is none."""
    return _connectors[kind]


def all_connectors() -> tuple[Connector, ...]:
    """Give every kind of catalogue, in the order of registration."""
    return tuple(_connectors.values())


@contextmanager
def registered(connector: type[Connector]) -> Iterator[Connector]:
    """Have a kind of catalogue for the length of a `with` block."""
    register(connector)
    try:
        yield find(connector.kind)
    finally:
        del _connectors[connector.kind]

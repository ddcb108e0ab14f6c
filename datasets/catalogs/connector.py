"""The interface of a kind of catalogue, and the registry of kinds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.utils.functional import Promise

from datasets.models import Publication

Text = str | Promise


class CatalogError(Exception):
    """The catalogue refused or failed; `reason` is a sentence for people, lazy or not."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason)
        self.reason = reason


class Connector(ABC):
    """A kind of catalogue. With `remote`, it calls another machine: from a task, outside of transactions."""

    kind: ClassVar[str]
    label: ClassVar[Text]
    description: ClassVar[Text]
    icon: ClassVar[str]
    remote: ClassVar[bool] = True

    @abstractmethod
    def publish(self, publication: Publication) -> str:
        """Put its resource on its catalogue; return the URL of its page there, or raise `CatalogError`.

        It may be called again after a crash: a resource that is already there is updated, never duplicated.
        """

    def update(self, publication: Publication) -> str:
        """Update its resource on its catalogue; return the URL of its page there, or raise `CatalogError`."""
        return self.publish(publication)

    @abstractmethod
    def remove(self, publication: Publication) -> None:
        """Take its resource off its catalogue, if it is still there, or raise `CatalogError`."""


_connectors: dict[str, Connector] = {}


def register(connector: type[Connector]) -> type[Connector]:
    """Add a kind of catalogue; raise ValueError when it is already registered."""
    if connector.kind in _connectors:
        raise ValueError(f"The kind of catalogue {connector.kind} is already registered.")
    _connectors[connector.kind] = connector()
    return connector


def find(kind: str) -> Connector:
    """Return the connector of this kind; raise KeyError when there is none."""
    return _connectors[kind]


def all_connectors() -> tuple[Connector, ...]:
    """Return every connector, in the order of registration."""
    return tuple(_connectors.values())


@contextmanager
def registered(connector: type[Connector]) -> Iterator[Connector]:
    """Register a kind of catalogue for the duration of a `with` block."""
    register(connector)
    try:
        yield find(connector.kind)
    finally:
        del _connectors[connector.kind]

"""The types of events that can be recorded and subscribed to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs
from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of event: its names, its words, what its data looks like.

    `key` is ours (`dataset.finalized`), `data_fair_key` what Data Fair's settings hold (`dataset-finalize-end`),
    `data_fair_event` what the `message` format sends (`finalize-end`). `schema` is a JSON Schema (2020-12) of the
    event's data, `sample` an example that obeys it.
    """

    key: str
    data_fair_key: str
    label: Text
    description: Text
    icon: str
    schema: dict[str, Any]  # Any: JSON
    sample: dict[str, Any]
    data_fair_event: str = ""
    _validator: jsonschema_rs.Draft202012Validator = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_validator", jsonschema_rs.Draft202012Validator(self.schema))
        object.__setattr__(self, "data_fair_event", self.data_fair_event or self.data_fair_key.split("-", 1)[1])
        self.check(self.sample)

    @property
    def category(self) -> str:
        """Name the kind of resource: `dataset` or `visualisation`."""
        return self.key.split(".", 1)[0]

    def check(self, data: object) -> None:
        """Raise `WrongData` when `data` is not what this type promises its receivers."""
        error = next(self._validator.iter_errors(data), None)
        if error is not None:
            raise WrongData(f"{self.key}: {'/'.join(map(str, error.instance_path))}: {error.message}")


class WrongData(ValueError):
    """An event's data does not obey the schema of its type."""


class UnknownEventType(KeyError):
    """No event type has this key."""


_types: dict[str, EventType] = {}
_aliases: dict[str, str] = {}


def register(event_type: EventType) -> EventType:
    """Add a type; raise ValueError when one of its keys is taken."""
    for key in (event_type.key, event_type.data_fair_key):
        if key in _aliases:
            raise ValueError(f"The event type {key} is already registered.")
    _types[event_type.key] = event_type
    _aliases[event_type.key] = _aliases[event_type.data_fair_key] = event_type.key
    return event_type


def get(key: str) -> EventType:
    """Find a type by our key or Data Fair's; raise `UnknownEventType`."""
    try:
        return _types[_aliases[key]]
    except KeyError:
        raise UnknownEventType(key) from None


def all_types() -> tuple[EventType, ...]:
    """Give every type, in the order of registration."""
    return tuple(_types.values())


@contextmanager
def registered(event_type: EventType) -> Iterator[EventType]:
    """Have a type for the length of a `with` block."""
    register(event_type)
    try:
        yield event_type
    finally:
        del _types[event_type.key], _aliases[event_type.key], _aliases[event_type.data_fair_key]

"""The types of events that can be recorded and subscribed to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import jsonschema_rs
from django.utils.functional import Promise

from webhooks.types import Json

Text = str | Promise


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event: its names, its words, what its data looks like, where its resource is shown.

    `key` is ours (`dataset.finalized`), `data_fair_key` what Data Fair's settings hold (`dataset-finalize-end`),
    `data_fair_event` what the `message` format sends (`finalize-end`). `schema` is a JSON Schema (2020-12) of the
    event's data, `sample` an example that obeys it. `page_path` and `api_path` say where a
    resource is shown below PUBLIC_URL, with `{id}` for its id; they are empty when it is not shown.
    """

    key: str
    data_fair_key: str
    label: Text
    description: Text
    icon: str
    schema: Json
    sample: Json
    data_fair_event: str = ""
    page_path: str = ""
    api_path: str = ""
    _validator: jsonschema_rs.Draft202012Validator = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_validator", jsonschema_rs.Draft202012Validator(self.schema))
        object.__setattr__(self, "data_fair_event", self.data_fair_event or self.data_fair_key.split("-", 1)[1])
        self.check(self.sample)

    @property
    def category(self) -> str:
        """The type of the resource: what stands before the dot of `key`."""
        return self.key.split(".", 1)[0]

    def check(self, data: object) -> None:
        """Raise `WrongData` when `data` does not obey the schema."""
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
    """Register a type; raise ValueError when one of its keys is taken."""
    for key in (event_type.key, event_type.data_fair_key):
        if key in _aliases:
            raise ValueError(f"The event type {key} is already registered.")
    _types[event_type.key] = event_type
    _aliases[event_type.key] = _aliases[event_type.data_fair_key] = event_type.key
    return event_type


def get(key: str) -> EventType:
    """Return the type of our key or Data Fair's; raise `UnknownEventType`."""
    try:
        return _types[_aliases[key]]
    except KeyError:
        raise UnknownEventType(key) from None


def all_types() -> tuple[EventType, ...]:
    """Return every type, in the order of registration."""
    return tuple(_types.values())


def choices() -> list[tuple[str, str]]:
    """Return the key and the label of every type, for a form field to choose from."""
    return [(event_type.key, str(event_type.label)) for event_type in all_types()]


@contextmanager
def registered(event_type: EventType) -> Iterator[EventType]:
    """Register a type for the length of a `with` block."""
    register(event_type)
    try:
        yield event_type
    finally:
        del _types[event_type.key], _aliases[event_type.key], _aliases[event_type.data_fair_key]

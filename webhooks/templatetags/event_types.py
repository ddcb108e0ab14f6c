"""The words and the icon of an event's type, in any template."""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from webhooks.events import registry

register = template.Library()


@dataclass(frozen=True, slots=True)
class Unknown:
    """Stands for a type that is registered no more: its key is all that is left."""

    label: str
    icon: str = "circle-question-mark"
    description: str = ""


@register.filter
def event_type(key: str) -> registry.EventType | Unknown:
    """Give the type with its `label`, `icon` and `description`."""
    try:
        return registry.get(key)
    except registry.UnknownEventType:
        return Unknown(label=key)

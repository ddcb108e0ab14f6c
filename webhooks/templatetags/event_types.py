"""The label and the icon of an event's type, in any template."""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from webhooks.events import registry

register = template.Library()


@dataclass(frozen=True, slots=True)
class Unknown:
    """The type of a stored event that is no longer registered: only its key is known."""

    label: str
    icon: str = "circle-question-mark"
    description: str = ""


@register.filter
def event_type(key: str) -> registry.EventType | Unknown:
    """Return the type of this key, with its `label`, `icon` and `description`."""
    try:
        return registry.get(key)
    except registry.UnknownEventType:
        return Unknown(label=key)

"""Serializer fields that accept one JSON type and convert nothing, and errors by their path in the JSON."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import SkipField
from rest_framework.settings import api_settings

from webhooks.events import registry

TEXT_EXPECTED = _("This must be a text.")
TEXTS_EXPECTED = _("This must be a list of texts.")
OBJECT_EXPECTED = _("This must be an object.")
SWITCH_EXPECTED = _("This must be true or false.")

Errors = dict[str, list[str]]


def by_path(errors: Any, path: str = "") -> Errors:
    """Return a tree of DRF's errors as one dict: `{"target": {"type": […]}}` becomes `{"target.type": […]}`."""
    if not isinstance(errors, dict):
        return {path or api_settings.NON_FIELD_ERRORS_KEY: errors}
    found: Errors = {}
    for name, inner in errors.items():
        is_of_all = name == api_settings.NON_FIELD_ERRORS_KEY
        found |= by_path(inner, path if is_of_all else ".".join(filter(None, (path, str(name)))))
    return found


class TextField(serializers.CharField):
    """A text; whether it may be blank is for the form to say."""

    default_error_messages = {"invalid": TEXT_EXPECTED, "null": TEXT_EXPECTED}

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_blank=True, trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        """Refuse numbers, which DRF turns into texts."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class TextsField(serializers.ListField):
    """A list of texts."""

    child = TextField()
    default_error_messages = {"not_a_list": TEXTS_EXPECTED, "null": TEXTS_EXPECTED}

    def to_internal_value(self, data: Any) -> list[str]:
        """Answer one error for the whole list, whichever of its items is no text."""
        try:
            return [str(text) for text in super().to_internal_value(data)]
        except ValidationError:
            raise ValidationError(TEXTS_EXPECTED) from None


class EventTypesField(TextsField):
    """Event types: read by our key or Data Fair's, shown by Data Fair's; a key that is not registered is kept."""

    def to_internal_value(self, data: Any) -> list[str]:
        """Return our keys."""
        return [getattr(_event_type(key), "key", key) for key in super().to_internal_value(data)]

    def to_representation(self, data: list[str]) -> list[str]:
        """Return Data Fair's keys."""
        return [getattr(_event_type(key), "data_fair_key", key) for key in data]


class SwitchField(serializers.BooleanField):
    """True or false."""

    default_error_messages = {"invalid": SWITCH_EXPECTED, "null": SWITCH_EXPECTED}

    def to_internal_value(self, data: Any) -> bool:
        """Refuse `"yes"` and 1, which DRF takes for true."""
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class ObjectField(serializers.DictField):
    """A JSON object with whatever inside; one that is missing is empty."""

    default_error_messages = {"not_a_dict": OBJECT_EXPECTED, "null": OBJECT_EXPECTED}

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Take what is missing for an empty object."""
        return super().run_validation({} if data is serializers.empty else data)


class IdField(serializers.CharField):
    """An id that is shown, and that the serializer does not read: whoever looks for the object has done so."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Accept anything."""
        raise SkipField


def _event_type(key: str) -> registry.EventType | None:
    try:
        return registry.get(key)
    except registry.UnknownEventType:
        return None

"""Fields for what callers ask: event types, states of deliveries, instants and days."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from webhooks.events import registry
from webhooks.filters import FIRST_DAY, LAST_DAY, midnight_after, midnight_before
from webhooks.models import Delivery

SINCE_HELP = "An instant, or a day (`2026-11-24`) from its beginning in local time"
UNTIL_HELP = "An instant, excluded, or a day (`2026-11-24`), included to its end in local time"


class EventTypeField(serializers.CharField):
    """An event type, by our key or Data Fair's; the value is our key."""

    def to_internal_value(self, data: Any) -> str:
        """Raise ValidationError for a type that does not exist."""
        try:
            return registry.get(super().to_internal_value(data)).key
        except registry.UnknownEventType:
            raise serializers.ValidationError(_("There is no such event type.")) from None


class StatesField(serializers.CharField):
    """One or more states of a delivery, separated by commas."""

    def to_internal_value(self, data: Any) -> list[str]:  # type: ignore[override]  # the stub wants the type of the text
        """Raise ValidationError for a state that does not exist."""
        states = [state.strip() for state in super().to_internal_value(data).split(",")]
        if set(states) - set(Delivery.State.values):
            raise serializers.ValidationError(
                _("Choose among: %(states)s.") % {"states": ", ".join(Delivery.State.values)}
            )
        return states


class SinceField(serializers.DateTimeField):
    """An instant; a date without a time is the beginning of that day in local time."""

    def to_internal_value(self, value: Any) -> datetime:
        """Raise ValidationError for what is no date, or one that no filter can compare with."""
        try:
            instant = self.instant_of(date.fromisoformat(value))
        except (TypeError, ValueError):
            instant = super().to_internal_value(value)
        except OverflowError:
            self.fail("overflow")
        if not midnight_before(FIRST_DAY) <= instant <= midnight_after(LAST_DAY):
            self.fail("overflow")
        return instant

    def instant_of(self, day: date) -> datetime:
        """Return the instant that stands for a whole day."""
        return midnight_before(day)


class UntilField(SinceField):
    """An instant, excluded; a date without a time includes that whole day in local time."""

    def instant_of(self, day: date) -> datetime:
        """Return the end of the day."""
        return midnight_after(day)

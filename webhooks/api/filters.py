"""What callers may ask: the query of each list and the body of each act."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from webhooks.delivery.replay import SETTLED
from webhooks.events import registry
from webhooks.events.outbox import MAX_DETAIL_CHARS
from webhooks.models import Delivery
from webhooks.subscriptions.services import DEFAULT_OVERLAP_HOURS, MAX_OVERLAP_HOURS

MAX_SIZE = 250
DEFAULT_SIZE = 50

CLOCK_SKEW = timedelta(minutes=5)
MAX_AGE = timedelta(days=30)

MOMENT_FORMATS = ["iso-8601", "%Y-%m-%d"]


class EventTypeField(serializers.CharField):
    """Our key or Data Fair's; give ours."""

    def to_internal_value(self, data: Any) -> str:  # Any: DRF's contract
        """Raise ValidationError for a type that does not exist."""
        try:
            return registry.get(super().to_internal_value(data)).key
        except registry.UnknownEventType:
            raise serializers.ValidationError(_("There is no such event type.")) from None


class StatesField(serializers.CharField):
    """One or more states, separated by commas."""

    def to_internal_value(self, data: Any) -> list[str]:  # type: ignore[override]  # Any: DRF's; a text that is a list
        """Raise ValidationError for a state that does not exist."""
        states = [state.strip() for state in super().to_internal_value(data).split(",")]
        if set(states) - set(Delivery.State.values):
            raise serializers.ValidationError(
                _("Choose among: %(states)s.") % {"states": ", ".join(Delivery.State.values)}
            )
        return states


class PageQuestion(serializers.Serializer[Any]):  # Any: no instance
    """Which part of a list."""

    size = serializers.IntegerField(min_value=0, max_value=MAX_SIZE, default=DEFAULT_SIZE)
    cursor = serializers.CharField(required=False, max_length=40, help_text="From the `next` of the part before")


class DeliveryQuestion(PageQuestion):
    """Which deliveries."""

    webhook = serializers.IntegerField(required=False, min_value=1)
    status = StatesField(required=False)
    eventType = EventTypeField(required=False)
    since = serializers.DateTimeField(required=False, input_formats=MOMENT_FORMATS)
    until = serializers.DateTimeField(required=False, input_formats=MOMENT_FORMATS)
    q = serializers.CharField(
        required=False, max_length=200, allow_blank=True, help_text="In the title or id of the resource, or an event id"
    )


class EventQuestion(PageQuestion):
    """Which events."""

    type = EventTypeField(required=False)
    resource = serializers.RegexField(r"^[a-z]+:.+$", required=False, help_text="Such as `dataset:cities`")
    since = serializers.DateTimeField(required=False, input_formats=MOMENT_FORMATS)


class AboutQuestion(serializers.Serializer[Any]):  # Any: no instance
    """The resource that a reported event is about."""

    type = serializers.CharField(max_length=20)
    id = serializers.CharField(max_length=200)


class ReportQuestion(serializers.Serializer[Any]):  # Any: no instance
    """An event to record; `data` need only hold what is special about it, such as `download`."""

    type = EventTypeField()
    resource = AboutQuestion()
    data = serializers.DictField(required=False)  # type: ignore[assignment]  # a field of that name
    detail = serializers.CharField(required=False, allow_blank=True, max_length=MAX_DETAIL_CHARS)
    occurredAt = serializers.DateTimeField(required=False)

    def validate_occurredAt(self, value: datetime) -> datetime:  # noqa: N802 -- named for the field
        """Refuse what has not happened yet, or so long ago that nobody waits for it."""
        if not -MAX_AGE <= value - timezone.now() <= CLOCK_SKEW:
            raise serializers.ValidationError(_("This must lie within the last 30 days."))
        return value


class TestQuestion(serializers.Serializer[Any]):  # Any: no instance
    """Of which type the test is; by default the webhook's first."""

    eventType = EventTypeField(required=False)


class RotateQuestion(serializers.Serializer[Any]):  # Any: no instance
    """How long the old secret stays valid."""

    overlapHours = serializers.IntegerField(min_value=0, max_value=MAX_OVERLAP_HOURS, default=DEFAULT_OVERLAP_HOURS)


class ReplayQuestion(serializers.Serializer[Any]):  # Any: no instance
    """Which deliveries to send again, and under which id; `dryRun` only counts them."""

    status = serializers.ListField(
        child=serializers.ChoiceField([str(state) for state in SETTLED]), default=["failed"], allow_empty=False
    )
    since = serializers.DateTimeField(required=False, input_formats=MOMENT_FORMATS)
    until = serializers.DateTimeField(required=False, input_formats=MOMENT_FORMATS)
    freshIds = serializers.BooleanField(default=False)
    dryRun = serializers.BooleanField(default=False)


def ask(question: type[serializers.Serializer[Any]], data: object) -> dict[str, Any]:  # Any: validated values
    """Validate a query or a body; raise ValidationError."""
    asked = question(data=data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)

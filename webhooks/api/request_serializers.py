"""The bodies of requests that act: report an event, send a test, renew a secret, replay."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from webhooks.api.filters import SearchParams
from webhooks.api.query_fields import EventTypeField
from webhooks.events.outbox import MAX_DETAIL_CHARS
from webhooks.models import Delivery
from webhooks.subscriptions.services import DEFAULT_OVERLAP_HOURS, MAX_OVERLAP_HOURS

MAX_CLOCK_SKEW = timedelta(minutes=5)
MAX_REPORT_AGE = timedelta(days=30)


class ReportedResourceSerializer(serializers.Serializer[Any]):
    """The resource that a reported event is about."""

    type = serializers.CharField(max_length=20)
    id = serializers.CharField(max_length=200)


class EventReportSerializer(serializers.Serializer[Any]):
    """An event to record; `data` need only hold what is special about it, such as `download`."""

    type = EventTypeField()
    resource = ReportedResourceSerializer()
    data = serializers.DictField(required=False)  # type: ignore[assignment]  # a field of that name
    detail = serializers.CharField(required=False, allow_blank=True, max_length=MAX_DETAIL_CHARS)
    occurredAt = serializers.DateTimeField(required=False)

    def validate_occurredAt(self, value: datetime) -> datetime:  # noqa: N802 -- DRF finds it by the name of the field
        """Refuse a time in the future, or one so long ago that no receiver expects the event."""
        if not -MAX_REPORT_AGE <= value - timezone.now() <= MAX_CLOCK_SKEW:
            raise serializers.ValidationError(_("This must lie within the last 30 days."))
        return value


class TestRequestSerializer(serializers.Serializer[Any]):
    """Of which type the test is; by default the webhook's first."""

    eventType = EventTypeField(required=False)


class RotateSecretRequestSerializer(serializers.Serializer[Any]):
    """How long the old secret stays valid."""

    overlapHours = serializers.IntegerField(min_value=0, max_value=MAX_OVERLAP_HOURS, default=DEFAULT_OVERLAP_HOURS)


class ReplayRequestSerializer(SearchParams):
    """Which deliveries to send again, and under which id; `dryRun` only counts them."""

    status = serializers.ListField(
        child=serializers.ChoiceField([str(state) for state in Delivery.SETTLED]), default=["failed"], allow_empty=False
    )
    eventType = EventTypeField(required=False)
    freshIds = serializers.BooleanField(default=False)
    dryRun = serializers.BooleanField(default=False)

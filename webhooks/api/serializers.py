"""The serializers of events and deliveries, and of what the acts on a webhook answer."""

from __future__ import annotations

from datetime import UTC
from functools import partial
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext
from rest_framework import serializers

from webhooks.events import registry
from webhooks.models import Attempt, Delivery, Event, Webhook
from webhooks.models.delivery import Trigger

Moment = partial(serializers.DateTimeField, default_timezone=UTC)
"""Times are in UTC, whatever the time zone of the site."""


class ResourceSerializer(serializers.Serializer[Event]):
    """What an event is about."""

    type = serializers.CharField(source="resource_type")
    id = serializers.CharField(source="resource_id")
    title = serializers.CharField(source="resource_title")
    href = serializers.CharField(source="resource_api_url")
    page = serializers.CharField(source="resource_page_url")


class EventSerializer(serializers.Serializer[Event]):
    """An entry of the journal."""

    id = serializers.CharField(source="pk.hex", help_text="Sent as `webhook-id`")
    sequence = serializers.IntegerField()
    type = serializers.CharField()
    occurredAt = Moment(source="occurred_at")
    resource = ResourceSerializer(source="*")
    detail = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # a field of that name
    origin = serializers.SerializerMethodField()

    def get_origin(self, event: Event) -> dict[str, str]:
        """Who caused it: a user, an API key or the service itself."""
        return {"kind": event.origin_kind, "name": event.origin_name}


class DeliveryWebhookSerializer(serializers.Serializer[Webhook]):
    """The webhook of a delivery."""

    id = serializers.CharField(source="pk")
    title = serializers.CharField()


class DeliveryEventSerializer(serializers.Serializer[Event]):
    """The event of a delivery, without its data."""

    id = serializers.CharField(source="pk.hex")
    type = serializers.CharField()
    dataFairType = serializers.SerializerMethodField(method_name="data_fair_type")
    occurredAt = Moment(source="occurred_at")
    resource = ResourceSerializer(source="*")
    detail = serializers.CharField()

    def data_fair_type(self, event: Event) -> str | None:
        """Data Fair's key; null for a type that is no longer registered."""
        try:
            return registry.get(event.type).data_fair_key
        except registry.UnknownEventType:
            return None


class DeliverySerializer(serializers.Serializer[Delivery]):
    """The delivery of one event to one webhook."""

    id = serializers.CharField(source="pk")
    webhook = DeliveryWebhookSerializer()
    event = DeliveryEventSerializer()
    status = serializers.ChoiceField(Delivery.State.choices, source="state")
    trigger = serializers.ChoiceField(Trigger.choices)
    attemptCount = serializers.IntegerField(source="attempt_count")
    nextAttemptAt = Moment(source="next_attempt_at", allow_null=True)
    statusCode = serializers.IntegerField(source="status_code", allow_null=True)
    error = serializers.CharField()
    createdAt = Moment(source="created_at")
    settledAt = Moment(source="settled_at", allow_null=True)


class AttemptSerializer(serializers.Serializer[Attempt]):
    """One request and its response; secrets are masked."""

    id = serializers.CharField(source="pk.hex")
    trigger = serializers.ChoiceField(Trigger.choices)
    startedAt = Moment(source="started_at")
    durationMs = serializers.IntegerField(source="duration_ms")
    url = serializers.CharField()
    requestHeaders = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()), source="request_headers"
    )
    statusCode = serializers.IntegerField(source="status_code", allow_null=True)
    error = serializers.CharField()
    reason = serializers.SerializerMethodField()
    responseHeaders = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()), source="response_headers"
    )
    responseBody = serializers.CharField(source="response_body")
    truncated = serializers.BooleanField()

    def get_reason(self, attempt: Attempt) -> str:
        """Why it failed, in the caller's language."""
        return gettext(attempt.reason) if attempt.reason else ""


class WholeDeliverySerializer(DeliverySerializer):
    """A delivery with its attempts, the first one first."""

    attempts = AttemptSerializer(many=True)


class PageSerializer(serializers.Serializer[Any]):
    """A part of a long list."""

    count = serializers.IntegerField(help_text="At most 10,000: `countIsExact` tells")
    countIsExact = serializers.BooleanField()
    next = serializers.CharField(allow_null=True, help_text="Where the next results are")


class DeliveryListSerializer(PageSerializer):
    """A page of deliveries."""

    results = DeliverySerializer(many=True)


class EventListSerializer(PageSerializer):
    """A page of events."""

    results = EventSerializer(many=True)


class CountSerializer(serializers.Serializer[Any]):
    """How many deliveries an act is about."""

    count = serializers.IntegerField()


class SecretSerializer(serializers.Serializer[Any]):
    """A new signing secret."""

    secret = serializers.CharField(help_text="`whsec_…`, to verify signatures with")
    overlapHours = serializers.IntegerField(help_text="How long older secrets stay valid")


class TestSerializer(serializers.Serializer[Any]):
    """The delivery of a test event."""

    delivery = DeliverySerializer()
    remarks = serializers.ListField(
        child=serializers.CharField(), help_text="What Google Analytics 4 says of the event"
    )


class EventTypeSerializer(serializers.Serializer[registry.EventType]):
    """A type of event that can be subscribed to."""

    key = serializers.CharField()
    dataFairKey = serializers.CharField(source="data_fair_key")
    category = serializers.CharField()
    icon = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    labels = serializers.SerializerMethodField()
    description = serializers.CharField()
    schema = serializers.DictField()
    sample = serializers.DictField()

    def get_labels(self, event_type: registry.EventType) -> dict[str, str]:
        """The label in every language of the site."""
        return {code: _in(code, event_type.label) for code, _name in settings.LANGUAGES}


class EventTypeListSerializer(serializers.Serializer[Any]):
    """All types of events."""

    count = serializers.IntegerField()
    results = EventTypeSerializer(many=True)


def _in(language: str, text: registry.Text) -> str:
    with translation.override(language):
        return str(text)

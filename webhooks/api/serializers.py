"""The shapes of the API's JSON: what is answered, and what the documentation shows."""

from __future__ import annotations

from datetime import UTC
from functools import partial
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext
from rest_framework import serializers

from webhooks.events import registry
from webhooks.models import Attempt, Delivery, Event
from webhooks.models.delivery import Trigger

Moment = partial(serializers.DateTimeField, default_timezone=UTC)
"""Times are written in UTC, whatever the site's own."""


class TargetSerializer(serializers.Serializer[Any]):  # Any: documentation only
    """`http` with `url[, format, headers]`, `ga` with `trackingId, appName, appVersion[, apiSecret, region]`."""

    type = serializers.CharField()
    params = serializers.DictField()


class WebhookSerializer(serializers.Serializer[Any]):  # Any: documentation only
    """Data Fair's webhook, with our identity, switch and state beside it."""

    id = serializers.CharField(required=False)
    title = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField(), help_text="Event types, by our key or Data Fair's")
    target = TargetSerializer()
    enabled = serializers.BooleanField(required=False)
    resources = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Such as `dataset:cities`; empty means all"
    )
    state = serializers.ChoiceField(["active", "resting", "disabled"], read_only=True)


class WholeWebhookSerializer(WebhookSerializer):
    """A webhook with its health."""

    disabledReason = serializers.CharField(read_only=True, allow_null=True)
    disabledAt = Moment(read_only=True, allow_null=True)
    restingUntil = Moment(read_only=True, allow_null=True)
    failingSince = Moment(read_only=True, allow_null=True)
    createdAt = Moment(read_only=True)
    updatedAt = Moment(read_only=True)
    notice = serializers.CharField(read_only=True, allow_null=True)


class NewWebhookSerializer(WholeWebhookSerializer):
    """A webhook just created, with its signing secret."""

    secret = serializers.CharField(read_only=True)


class WebhookListSerializer(serializers.Serializer[Any]):  # Any: documentation only
    count = serializers.IntegerField()
    results = WholeWebhookSerializer(many=True)


class ApiKeySerializer(serializers.Serializer[Any]):  # Any: documentation only
    id = serializers.CharField()
    title = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())


class SettingsSerializer(serializers.Serializer[Any]):  # Any: documentation only
    """The settings of an account; the API keys are for information."""

    name = serializers.CharField(required=False)
    webhooks = WebhookSerializer(many=True, required=False)
    apiKeys = ApiKeySerializer(many=True, required=False)


class ResourceSerializer(serializers.Serializer[Event]):
    """What an event is about."""

    type = serializers.CharField(source="resource_type")
    id = serializers.CharField(source="resource_id")
    title = serializers.CharField(source="resource_title")
    href = serializers.CharField(source="resource_api_url")
    page = serializers.CharField(source="resource_page_url")


class EventSerializer(serializers.Serializer[Event]):
    """A line of the journal."""

    id = serializers.CharField(source="pk.hex", help_text="Sent as `webhook-id`")
    sequence = serializers.IntegerField()
    type = serializers.CharField()
    occurredAt = Moment(source="occurred_at")
    resource = ResourceSerializer(source="*")
    detail = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # a field of that name
    origin = serializers.SerializerMethodField()

    def get_origin(self, event: Event) -> dict[str, str]:
        """Name who caused it: a user, an API key or the service itself."""
        return {"kind": event.origin_kind, "name": event.origin_name}


class DeliveryWebhookSerializer(serializers.Serializer[Any]):  # Any: a webhook
    id = serializers.CharField(source="pk")
    title = serializers.CharField()


class DeliveryEventSerializer(serializers.Serializer[Event]):
    """The event of a delivery, without its data."""

    id = serializers.CharField(source="pk.hex")
    type = serializers.CharField()
    dataFairType = serializers.SerializerMethodField()
    occurredAt = Moment(source="occurred_at")
    resource = ResourceSerializer(source="*")
    detail = serializers.CharField()

    def get_dataFairType(self, event: Event) -> str | None:  # noqa: N802 -- named for the field
        """Give Data Fair's key; None for a type that is no longer registered."""
        try:
            return registry.get(event.type).data_fair_key
        except registry.UnknownEventType:
            return None


class DeliverySerializer(serializers.Serializer[Delivery]):
    """What became of one event for one webhook."""

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
    """One request and its answer; secrets are masked."""

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
        """Say why it failed, in the caller's language."""
        return gettext(attempt.reason) if attempt.reason else ""


class WholeDeliverySerializer(DeliverySerializer):
    """A delivery with every attempt, the first one first."""

    attempts = AttemptSerializer(many=True)


class DeliveryListSerializer(serializers.Serializer[Any]):  # Any: documentation only
    count = serializers.IntegerField(help_text="At most 10,000: `countIsExact` tells")
    countIsExact = serializers.BooleanField()
    next = serializers.CharField(allow_null=True, help_text="Where the next results are")
    results = DeliverySerializer(many=True)


class EventListSerializer(DeliveryListSerializer):
    results = EventSerializer(many=True)  # type: ignore[assignment]  # the same envelope around other results


class CountSerializer(serializers.Serializer[Any]):  # Any: documentation only
    count = serializers.IntegerField()


class SecretSerializer(serializers.Serializer[Any]):  # Any: documentation only
    secret = serializers.CharField(help_text="`whsec_…`, to verify signatures with")
    overlapHours = serializers.IntegerField(help_text="How long older secrets stay valid")


class TestSerializer(serializers.Serializer[Any]):  # Any: documentation only
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
        """Give the sentence in every language of the site."""
        return {code: _in(code, event_type.label) for code, _name in settings.LANGUAGES}


class EventTypeListSerializer(serializers.Serializer[Any]):  # Any: documentation only
    count = serializers.IntegerField()
    results = EventTypeSerializer(many=True)


def _in(language: str, text: registry.Text) -> str:
    with translation.override(language):
        return str(text)

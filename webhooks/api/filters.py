"""The query parameters of the lists of deliveries and of events."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from webhooks.api.query_fields import SINCE_HELP, UNTIL_HELP, EventTypeField, SinceField, StatesField, UntilField
from webhooks.filters import DeliveryFilter, EventFilter
from webhooks.types import Json

MAX_PAGE_SIZE = 250
DEFAULT_PAGE_SIZE = 50

TEXT_HELP = "In the title or id of the resource or in the detail, or the id of an event"


class ListParams(serializers.Serializer[Any]):
    """Which part of a list."""

    size = serializers.IntegerField(min_value=0, max_value=MAX_PAGE_SIZE, default=DEFAULT_PAGE_SIZE)
    cursor = serializers.CharField(required=False, max_length=40, help_text="From the `next` of the part before")


class SearchParams(serializers.Serializer[Any]):
    """When, and about what."""

    since = SinceField(required=False, help_text=SINCE_HELP)
    until = UntilField(required=False, help_text=UNTIL_HELP)
    q = serializers.CharField(required=False, max_length=200, allow_blank=True, help_text=TEXT_HELP)


class DeliveryListParams(ListParams, SearchParams):
    """Which deliveries."""

    webhook = serializers.IntegerField(required=False, min_value=1)
    status = StatesField(required=False)
    eventType = EventTypeField(required=False)


class EventListParams(ListParams, SearchParams):
    """Which events."""

    type = EventTypeField(required=False)
    resource = serializers.RegexField(r"^[a-z]+:.+$", required=False, help_text="Such as `dataset:cities`")


def delivery_filter(params: Json) -> DeliveryFilter:
    """Return the filter that validated parameters of a list of deliveries, or of a replay, ask for."""
    return DeliveryFilter(
        states=tuple(params.get("status", ())),
        event_type=params.get("eventType", ""),
        since=params.get("since"),
        until=params.get("until"),
        text=params.get("q", ""),
        webhook=params.get("webhook"),
    )


def event_filter(params: Json) -> EventFilter:
    """Return the filter that validated parameters of a list of events ask for."""
    resource_type, _colon, resource_id = params.get("resource", "").partition(":")
    return EventFilter(
        event_type=params.get("type", ""),
        resource_type=resource_type,
        resource_id=resource_id,
        since=params.get("since"),
        until=params.get("until"),
        text=params.get("q", ""),
    )

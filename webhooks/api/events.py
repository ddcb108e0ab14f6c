"""The journal of an account, and the catalogue of event types."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Permission
from webhooks.api import filters, serializers
from webhooks.api.base import AccountView, refuse, validated
from webhooks.api.pagination import page, whole
from webhooks.api.request_serializers import EventReportSerializer
from webhooks.events import registry
from webhooks.events.ingestion import ExternalEvent, UnknownResource, record_external
from webhooks.events.outbox import DataTooLarge
from webhooks.models import Event

MAX_KEY_CHARS = 255


class EventTypesView(APIView):
    """What can be subscribed to."""

    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="event_types_list", responses=serializers.EventTypeListSerializer, tags=["events"])
    def get(self, request: Request) -> Response:
        """Return every type with its labels, the JSON Schema of its data and a sample."""
        results = [serializers.EventTypeSerializer(event_type).data for event_type in registry.all_types()]
        return Response(whole(results))


class EventListView(AccountView):
    """The journal, and reports of what happened elsewhere."""

    permissions = {"GET": Permission.READ_EVENTS, "POST": Permission.REPORT_EVENTS}

    @extend_schema(
        operation_id="events_list",
        parameters=[filters.EventListParams],
        responses=serializers.EventListSerializer,
        tags=["events"],
    )
    def get(self, request: Request) -> Response:
        """Return the account's events, newest first."""
        params = validated(filters.EventListParams, request.query_params)
        found = filters.event_filter(params).apply(Event.objects.of(self.account))
        return Response(page(found, request=request, params=params, serializer=serializers.EventSerializer))

    @extend_schema(
        operation_id="events_report",
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        request=EventReportSerializer,
        responses={201: serializers.EventSerializer, 200: serializers.EventSerializer},
        tags=["events"],
    )
    def post(self, request: Request) -> Response:
        """Record an event that another system saw; the same `Idempotency-Key` within a day returns the same event."""
        asked = validated(EventReportSerializer, request.data)
        external = ExternalEvent(
            event_type=asked["type"],
            resource_type=asked["resource"]["type"],
            resource_id=asked["resource"]["id"],
            data=asked.get("data", {}),
            detail=asked.get("detail", ""),
            occurred_at=asked.get("occurredAt"),
        )
        event, is_new = _report(self, external, key=request.headers.get("Idempotency-Key", ""))
        body = serializers.EventSerializer(event).data
        if is_new:
            return Response(body, status=status.HTTP_201_CREATED)
        return Response(body, headers={"Idempotent-Replayed": "true"})


def _report(view: AccountView, external: ExternalEvent, *, key: str) -> tuple[Event, bool]:
    """Record a report, or answer 400 with the error of the field that is wrong."""
    if len(key) > MAX_KEY_CHARS or not key.isprintable():
        refuse({"Idempotency-Key": [_("This key is too long, or holds characters that cannot be kept.")]})
    if registry.get(external.event_type).category != external.resource_type:
        refuse({"type": [_("This event does not happen to such a resource.")]})
    try:
        event, is_new = record_external(view.account, external, by=view.caller.principal, idempotency_key=key)
    except UnknownResource:
        refuse({"resource": [_("There is no such resource.")]})
    except (registry.WrongData, DataTooLarge, ValueError) as wrong:
        refuse({"data": [str(wrong)]})
    if is_new:
        event.refresh_from_db(fields=["sequence"])
    return event, is_new

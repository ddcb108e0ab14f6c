"""The journal of an account, and the catalogue of event types."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Role
from webhooks.api import filters, serializers
from webhooks.api.base import AccountView, refuse
from webhooks.api.filters import ask
from webhooks.api.pagination import page
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
        """Give every type with its words, the JSON Schema of its data and a sample."""
        results = [serializers.EventTypeSerializer(event_type).data for event_type in registry.all_types()]
        return Response({"count": len(results), "results": results})


class EventListView(AccountView):
    """What happened."""

    room = "events"
    read_role = Role.CONTRIBUTOR
    write_role = Role.CONTRIBUTOR

    @extend_schema(
        operation_id="events_list",
        parameters=[filters.EventQuestion],
        responses=serializers.EventListSerializer,
        tags=["events"],
    )
    def get(self, request: Request) -> Response:
        """Give the account's events, the newest first."""
        asked = ask(filters.EventQuestion, request.query_params)
        found = Event.objects.of(self.account)
        if "type" in asked:
            found = found.filter(type=asked["type"])
        if "resource" in asked:
            resource_type, _colon, resource_id = asked["resource"].partition(":")
            found = found.filter(resource_type=resource_type, resource_id=resource_id)
        if "since" in asked:
            found = found.filter(occurred_at__gte=asked["since"])
        return Response(page(found, request=request, asked=asked, serializer=serializers.EventSerializer))

    @extend_schema(
        operation_id="events_report",
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        request=filters.ReportQuestion,
        responses={201: serializers.EventSerializer, 200: serializers.EventSerializer},
        tags=["events"],
    )
    def post(self, request: Request) -> Response:
        """Record an event that another system saw; the same `Idempotency-Key` within a day gives the same event."""
        asked = ask(filters.ReportQuestion, request.data)
        external = ExternalEvent(
            event_type=asked["type"],
            resource_type=asked["resource"]["type"],
            resource_id=asked["resource"]["id"],
            data=asked.get("data", {}),
            detail=asked.get("detail", ""),
            occurred_at=asked.get("occurredAt"),
        )
        event, is_new = _report(self, external, key=request.headers.get("Idempotency-Key", ""))
        shown = serializers.EventSerializer(event).data
        if is_new:
            return Response(shown, status=status.HTTP_201_CREATED)
        return Response(shown, headers={"Idempotent-Replayed": "true"})


def _report(view: AccountView, external: ExternalEvent, *, key: str) -> tuple[Event, bool]:
    """Record a report, or answer 400 beside the field that is wrong."""
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

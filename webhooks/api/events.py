"""The journal of an account, and the catalogue of event types."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Role
from webhooks import registry
from webhooks.api import questions, shapes
from webhooks.api.acting import AccountView
from webhooks.api.pages import page
from webhooks.api.questions import ask
from webhooks.models import Event


class EventTypesView(APIView):
    """What can be subscribed to."""

    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="event_types_list", responses=shapes.EventTypeListShape, tags=["events"])
    def get(self, request: Request) -> Response:
        """Give every type with its words, the JSON Schema of its data and a sample."""
        results = [shapes.EventTypeShape(event_type).data for event_type in registry.all_types()]
        return Response({"count": len(results), "results": results})


class EventListView(AccountView):
    """What happened."""

    room = "events"
    read_role = Role.CONTRIBUTOR
    write_role = Role.CONTRIBUTOR

    @extend_schema(
        operation_id="events_list",
        parameters=[questions.EventQuestion],
        responses=shapes.EventListShape,
        tags=["events"],
    )
    def get(self, request: Request) -> Response:
        """Give the account's events, the newest first."""
        asked = ask(questions.EventQuestion, request.query_params)
        found = Event.objects.of(self.account)
        if "type" in asked:
            found = found.filter(type=asked["type"])
        if "resource" in asked:
            resource_type, _colon, resource_id = asked["resource"].partition(":")
            found = found.filter(resource_type=resource_type, resource_id=resource_id)
        if "since" in asked:
            found = found.filter(occurred_at__gte=asked["since"])
        return Response(page(found, request=request, asked=asked, shape=shapes.EventShape))

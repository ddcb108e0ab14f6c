"""The deliveries of an account's webhooks: what became of each event, attempt by attempt."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Prefetch, Q
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from webhooks.api import filters, serializers
from webhooks.api.base import AccountView
from webhooks.api.filters import ask
from webhooks.api.pagination import page
from webhooks.delivery import replay
from webhooks.models import Attempt, Delivery, Webhook
from webhooks.models.delivery import DeliveryQuerySet


@extend_schema(tags=["deliveries"])
class DeliveryListView(AccountView):
    """Search the deliveries."""

    @extend_schema(
        operation_id="deliveries_list",
        parameters=[filters.DeliveryQuestion],
        responses=serializers.DeliveryListSerializer,
    )
    def get(self, request: Request) -> Response:
        """Give deliveries, the newest first."""
        asked = ask(filters.DeliveryQuestion, request.query_params)
        found = _asked_for(_of(self), asked).select_related("event", "webhook")
        return Response(page(found, request=request, asked=asked, serializer=serializers.DeliverySerializer))


class DeliveryView(AccountView):
    """Read one, with its attempts."""

    @extend_schema(operation_id="deliveries_get", responses=serializers.WholeDeliverySerializer, tags=["deliveries"])
    def get(self, request: Request, delivery_id: int) -> Response:
        """Give a delivery with every request and answer."""
        return Response(serializers.WholeDeliverySerializer(_find(self, delivery_id)).data)


@extend_schema(tags=["deliveries"], request=None, responses=serializers.WholeDeliverySerializer)
class DeliveryActView(AccountView):
    """Send again, or cancel, as the address says."""

    act = staticmethod(replay.redeliver)

    def post(self, request: Request, delivery_id: int) -> Response:
        """Act on a delivery; 409 when its state does not allow it."""
        self.act(_find(self, delivery_id), by=self.caller.principal)
        return Response(serializers.WholeDeliverySerializer(_find(self, delivery_id)).data)


def _of(view: AccountView) -> DeliveryQuerySet:
    """Give the account's deliveries, found through its webhooks: each has its index."""
    webhooks = list(Webhook.objects.of(view.account).values_list("pk", flat=True))
    return Delivery.objects.filter(webhook__in=webhooks).order_by("-id")


def _find(view: AccountView, delivery_id: int) -> Delivery:
    attempts = Prefetch("attempts", Attempt.objects.order_by("id"))
    found = _of(view).select_related("event", "webhook").prefetch_related(attempts).filter(pk=delivery_id).first()
    if found is None:
        raise Http404(_("There is no such delivery."))
    return found


def _asked_for(found: DeliveryQuerySet, asked: dict[str, Any]) -> DeliveryQuerySet:  # Any: validated values
    """Apply the filters of a question."""
    lookups = {
        "webhook": "webhook",
        "status": "state__in",
        "eventType": "event__type",
        "since": "created_at__gte",
        "until": "created_at__lt",
    }
    found = found.filter(**{lookup: asked[name] for name, lookup in lookups.items() if name in asked})
    return found.filter(_matching(asked["q"])) if asked.get("q") else found


def _matching(text: str) -> Q:
    """Look for a text in the resource's title and id; an event id is looked for as it is."""
    wanted = Q(event__resource_title__icontains=text) | Q(event__resource_id__icontains=text)
    try:
        return wanted | Q(event=uuid.UUID(text))
    except ValueError:
        return wanted

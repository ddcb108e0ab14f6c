"""The deliveries of an account's webhooks, each with its attempts."""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from webhooks.api import filters, serializers
from webhooks.api.base import AccountView, validated
from webhooks.api.pagination import page
from webhooks.delivery import replay
from webhooks.models import Attempt, Delivery, Webhook
from webhooks.models.delivery import DeliveryQuerySet


@extend_schema(tags=["deliveries"])
class DeliveryListView(AccountView):
    """Search the deliveries."""

    @extend_schema(
        operation_id="deliveries_list",
        parameters=[filters.DeliveryListParams],
        responses=serializers.DeliveryListSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return deliveries, newest first."""
        params = validated(filters.DeliveryListParams, request.query_params)
        found = filters.delivery_filter(params).apply(_of(self)).select_related("event", "webhook")
        return Response(page(found, request=request, params=params, serializer=serializers.DeliverySerializer))


class DeliveryView(AccountView):
    """Read one, with its attempts."""

    @extend_schema(operation_id="deliveries_get", responses=serializers.WholeDeliverySerializer, tags=["deliveries"])
    def get(self, request: Request, delivery_id: int) -> Response:
        """Return a delivery with every request and response."""
        return Response(serializers.WholeDeliverySerializer(_find(self, delivery_id)).data)


@extend_schema(tags=["deliveries"], request=None, responses=serializers.WholeDeliverySerializer)
class DeliveryActView(AccountView):
    """Send again, or cancel: `act` says which."""

    act = staticmethod(replay.redeliver)

    def post(self, request: Request, delivery_id: int) -> Response:
        """Act on a delivery; 409 when its state does not allow it."""
        self.act(_find(self, delivery_id), by=self.caller.principal)
        return Response(serializers.WholeDeliverySerializer(_find(self, delivery_id)).data)


def _of(view: AccountView) -> DeliveryQuerySet:
    """Return the account's deliveries by the ids of its webhooks: an index of deliveries begins with the webhook."""
    webhooks = list(Webhook.objects.of(view.account).values_list("pk", flat=True))
    return Delivery.objects.filter(webhook__in=webhooks).order_by("-id")


def _find(view: AccountView, delivery_id: int) -> Delivery:
    attempts = Prefetch("attempts", Attempt.objects.order_by("id"))
    found = _of(view).select_related("event", "webhook").prefetch_related(attempts).filter(pk=delivery_id).first()
    if found is None:
        raise Http404(_("There is no such delivery."))
    return found

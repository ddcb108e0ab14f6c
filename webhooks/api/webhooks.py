"""The webhooks of an account: list, create, read, change, delete, test, enable, disable, replay."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.openapi import ETAG
from accounts.permissions import Permission
from webhooks.api import request_serializers, serializers
from webhooks.api.base import AccountView, validated
from webhooks.api.filters import delivery_filter
from webhooks.api.pagination import whole
from webhooks.api.webhook_serializer import (
    NewWebhookSerializer,
    WebhookListSerializer,
    WebhookSerializer,
    WholeWebhookSerializer,
)
from webhooks.delivery import replay
from webhooks.models import Webhook
from webhooks.subscriptions import editions, services
from webhooks.types import Json


class WebhookListView(AccountView):
    """List and create."""

    @extend_schema(operation_id="webhooks_list", responses=WebhookListSerializer, tags=["webhooks"])
    def get(self, request: Request) -> Response:
        """Return every webhook of the account."""
        webhooks = Webhook.objects.of(self.account)
        return Response(WebhookListSerializer(whole(list(webhooks)), context=_context(self)).data)

    @extend_schema(
        operation_id="webhooks_create",
        parameters=[ETAG],
        request=WebhookSerializer,
        responses={201: NewWebhookSerializer},
        tags=["webhooks"],
    )
    def post(self, request: Request) -> Response:
        """Create a webhook; the answer holds its signing secret."""
        webhook = _save(self, request.data)
        body = NewWebhookSerializer(webhook, context=_context(self)).data
        return _answer(self, webhook, body=body, status=status.HTTP_201_CREATED)


@extend_schema(tags=["webhooks"])
class WebhookView(AccountView):
    """Read, change and delete one."""

    conditional: ClassVar[frozenset[str]] = frozenset({"GET", "PUT", "PATCH", "DELETE"})

    @extend_schema(operation_id="webhooks_get", responses=WholeWebhookSerializer)
    def get(self, request: Request, webhook_id: int) -> Response:
        """Return a webhook."""
        return _answer(self, self.webhook(webhook_id))

    @extend_schema(operation_id="webhooks_put", request=WebhookSerializer, responses=WholeWebhookSerializer)
    def put(self, request: Request, webhook_id: int) -> Response:
        """Replace a webhook; masked secrets keep their value."""
        return _answer(self, _save(self, request.data, self.webhook(webhook_id)))

    @extend_schema(operation_id="webhooks_patch", request=WebhookSerializer, responses=WholeWebhookSerializer)
    def patch(self, request: Request, webhook_id: int) -> Response:
        """Change the properties that are given; masked secrets keep their value."""
        webhook = self.webhook(webhook_id)
        data = request.data
        if isinstance(data, dict):
            data = WholeWebhookSerializer(webhook, context=_context(self)).data | data
        return _answer(self, _save(self, data, webhook))

    @extend_schema(operation_id="webhooks_delete", responses={204: None})
    def delete(self, request: Request, webhook_id: int) -> Response:
        """Delete a webhook; its pending deliveries are cancelled."""
        webhook = self.webhook(webhook_id)
        with editions.checked(webhook, self.check):
            services.delete_webhook(webhook, by=self.caller.principal)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["webhooks"])
class TestView(AccountView):
    """Send a sample event."""

    @extend_schema(
        operation_id="webhooks_test",
        request=request_serializers.TestRequestSerializer,
        responses={202: serializers.TestSerializer},
    )
    def post(self, request: Request, webhook_id: int) -> Response:
        """Have a sample event delivered, even when the webhook is disabled; the delivery shows what became of it."""
        asked = validated(request_serializers.TestRequestSerializer, request.data)
        test = replay.send_test(self.webhook(webhook_id), by=self.caller.principal, event_type=asked.get("eventType"))
        shown = serializers.DeliverySerializer(test.delivery).data
        return Response({"delivery": shown, "remarks": test.remarks}, status=status.HTTP_202_ACCEPTED)


@extend_schema(tags=["webhooks"])
class RotateSecretView(AccountView):
    """Renew the signing secret."""

    @extend_schema(
        operation_id="webhooks_rotate_secret",
        request=request_serializers.RotateSecretRequestSerializer,
        responses=serializers.SecretSerializer,
    )
    def post(self, request: Request, webhook_id: int) -> Response:
        """Make a new secret and return it; older ones stay valid for the overlap."""
        hours = validated(request_serializers.RotateSecretRequestSerializer, request.data)["overlapHours"]
        secret = services.rotate_secret(self.webhook(webhook_id), by=self.caller.principal, overlap_hours=hours)
        return Response({"secret": secret.reveal(), "overlapHours": hours})


@extend_schema(tags=["webhooks"], request=None, responses=WholeWebhookSerializer)
class SwitchView(AccountView):
    """Enable or disable, depending on the route."""

    conditional: ClassVar[frozenset[str]] = frozenset({"POST"})
    on = True

    def post(self, request: Request, webhook_id: int) -> Response:
        """Enable or disable a webhook; 409 when it is so already."""
        webhook = self.webhook(webhook_id)
        act = services.enable_webhook if self.on else services.disable_webhook
        with editions.checked(webhook, self.check):
            act(webhook, by=self.caller.principal)
        return _answer(self, webhook)


@extend_schema(tags=["webhooks"])
class ReplayView(AccountView):
    """Replay deliveries."""

    @extend_schema(
        operation_id="webhooks_replay",
        request=request_serializers.ReplayRequestSerializer,
        responses={200: serializers.CountSerializer, 202: serializers.CountSerializer},
    )
    def post(self, request: Request, webhook_id: int) -> Response:
        """Count the deliveries with `dryRun`, else replay them: paced, under the same ids unless `freshIds`."""
        asked = validated(request_serializers.ReplayRequestSerializer, request.data)
        webhook, wanted = self.webhook(webhook_id), delivery_filter(asked)
        if asked["dryRun"]:
            return Response({"count": replay.replayable(webhook, wanted).count()})
        count = replay.replay(webhook, wanted, by=self.caller.principal, fresh_ids=asked["freshIds"])
        return Response({"count": count}, status=status.HTTP_202_ACCEPTED)


def _context(view: AccountView) -> Json:
    """Return the context of a serializer: addresses hold tokens, which are for those who may change them."""
    return {"account": view.account, "shows_addresses": view.caller.may(Permission.MANAGE_WEBHOOKS)}


def _save(view: AccountView, data: Any, webhook: Webhook | None = None) -> Webhook:
    """Create or change a webhook as the JSON says, and return it as stored; answer 400 with the errors by path."""
    serializer = WebhookSerializer(webhook, data=data, context={"account": view.account})
    serializer.is_valid(raise_exception=True)
    checked = editions.checked(webhook, view.check) if webhook else nullcontext()
    with checked:
        saved = serializer.save(by=view.caller.principal)
    saved.refresh_from_db()
    return saved


def _answer(view: AccountView, webhook: Webhook, *, body: Json | None = None, status: int = 200) -> Response:
    """Return the webhook, or `body` about it, with its ETag."""
    shown = WholeWebhookSerializer(webhook, context=_context(view)).data
    edition = editions.edition(webhook)
    return view.tagged(shown if body is None else body, edition=edition, shown=shown, status=status)

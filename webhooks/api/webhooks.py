"""The webhooks of an account, and what can be done to one."""

from __future__ import annotations

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from webhooks.api import item, request_serializers, serializers
from webhooks.api.base import AccountView, refuse, validated
from webhooks.api.filters import delivery_filter
from webhooks.api.pagination import whole
from webhooks.api.sync import apply
from webhooks.delivery import replay
from webhooks.models import Webhook
from webhooks.subscriptions import services


class WebhookListView(AccountView):
    """List and create."""

    @extend_schema(operation_id="webhooks_list", responses=serializers.WebhookListSerializer, tags=["webhooks"])
    def get(self, request: Request) -> Response:
        """Give every webhook of the account."""
        results = [item.shown_whole(webhook) for webhook in Webhook.objects.of(self.account)]
        return Response(whole(results))

    @extend_schema(
        operation_id="webhooks_create",
        request=serializers.WebhookSerializer,
        responses={201: serializers.NewWebhookSerializer},
        tags=["webhooks"],
    )
    def post(self, request: Request) -> Response:
        """Create a webhook; the answer holds its signing secret."""
        webhook = _write(self, request.data, None)
        secret = webhook.secrets.get(valid_until__isnull=True).reveal()
        return Response(item.shown_whole(webhook) | {"secret": secret}, status=status.HTTP_201_CREATED)


@extend_schema(tags=["webhooks"])
class WebhookView(AccountView):
    """Read, change and delete one."""

    @extend_schema(operation_id="webhooks_get", responses=serializers.WholeWebhookSerializer)
    def get(self, request: Request, webhook_id: int) -> Response:
        """Give a webhook."""
        return Response(item.shown_whole(self.webhook(webhook_id)))

    @extend_schema(
        operation_id="webhooks_put", request=serializers.WebhookSerializer, responses=serializers.WholeWebhookSerializer
    )
    def put(self, request: Request, webhook_id: int) -> Response:
        """Replace a webhook; masked secrets keep their value."""
        webhook = _write(self, request.data, self.webhook(webhook_id))
        return Response(item.shown_whole(webhook))

    @extend_schema(
        operation_id="webhooks_patch",
        request=serializers.WebhookSerializer,
        responses=serializers.WholeWebhookSerializer,
    )
    def patch(self, request: Request, webhook_id: int) -> Response:
        """Change the keys that are given."""
        webhook = self.webhook(webhook_id)
        data = item.merged(webhook, request.data) if isinstance(request.data, dict) else request.data
        return Response(item.shown_whole(_write(self, data, webhook)))

    @extend_schema(operation_id="webhooks_delete", responses={204: None})
    def delete(self, request: Request, webhook_id: int) -> Response:
        """Delete a webhook; what waited to be sent is cancelled."""
        services.delete_webhook(self.webhook(webhook_id), by=self.caller.principal)
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
        """Have a sample event delivered, even when the webhook is disabled; see the delivery for what became of it."""
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
        """Give a new secret; older ones stay valid for the overlap."""
        hours = validated(request_serializers.RotateSecretRequestSerializer, request.data)["overlapHours"]
        secret = services.rotate_secret(self.webhook(webhook_id), by=self.caller.principal, overlap_hours=hours)
        return Response({"secret": secret.reveal(), "overlapHours": hours})


@extend_schema(tags=["webhooks"], request=None, responses=serializers.WholeWebhookSerializer)
class SwitchView(AccountView):
    """Enable or disable, as the address says."""

    on = True

    def post(self, request: Request, webhook_id: int) -> Response:
        """Enable or disable a webhook; 409 when it is so already."""
        webhook = self.webhook(webhook_id)
        act = services.enable_webhook if self.on else services.disable_webhook
        act(webhook, by=self.caller.principal)
        return Response(item.shown_whole(webhook))


@extend_schema(tags=["webhooks"])
class ReplayView(AccountView):
    """Send again what was sent, or was not."""

    @extend_schema(
        operation_id="webhooks_replay",
        request=request_serializers.ReplayRequestSerializer,
        responses={200: serializers.CountSerializer, 202: serializers.CountSerializer},
    )
    def post(self, request: Request, webhook_id: int) -> Response:
        """Count with `dryRun`, else replay: paced, under the same ids unless `freshIds`."""
        asked = validated(request_serializers.ReplayRequestSerializer, request.data)
        webhook, wanted = self.webhook(webhook_id), delivery_filter(asked)
        if asked["dryRun"]:
            return Response({"count": replay.replayable(webhook, wanted).count()})
        count = replay.replay(webhook, wanted, by=self.caller.principal, fresh_ids=asked["freshIds"])
        return Response({"count": count}, status=status.HTTP_202_ACCEPTED)


def _write(view: AccountView, data: object, webhook: Webhook | None) -> Webhook:
    """Create or change a webhook as the JSON asks; answer 400 with the errors of each path."""
    try:
        asked = item.read(data, account=view.account, stored=webhook)
    except item.Invalid as invalid:
        refuse({path or "non_field_errors": found for path, found in invalid.errors.items()})
    with transaction.atomic():
        written = apply(view.account, asked, webhook, by=view.caller.principal)
    written.refresh_from_db()
    return written

"""The settings of an account as in Data Fair's API: its webhooks, and its API keys for information."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, cast

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import exceptions, serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import AccountSessionAuthentication
from accounts.models import Account, ApiKey, Membership, User
from accounts.permissions import Permission
from accounts.principal import Principal
from webhooks.api.base import AccountView, refuse
from webhooks.api.sync import sync_webhooks
from webhooks.api.webhook_serializer import WebhookSerializer
from webhooks.models import Webhook
from webhooks.subscriptions import editions
from webhooks.types import Json

KNOWN_PROPERTIES = frozenset({"webhooks", "apiKeys", "id", "type", "name"})
"""The last three are the account's own: accepted without being read."""

WRONG_TYPE = "Invalid type, it must be one of the following : user, organization"
"""Data Fair's answer, in plain text."""


class ApiKeySerializer(serializers.Serializer[ApiKey]):
    """An API key, without the key itself."""

    id = serializers.CharField(source="pk")
    title = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())


class SettingsSerializer(serializers.Serializer[Any]):
    """The settings of an account; the API keys are for information."""

    name = serializers.CharField(required=False)
    webhooks = WebhookSerializer(many=True, required=False)
    apiKeys = ApiKeySerializer(many=True, required=False)


ANSWERS = {
    200: SettingsSerializer,
    (400, "application/json"): OpenApiTypes.OBJECT,
    (400, "text/plain"): OpenApiTypes.STR,  # WRONG_TYPE
}


@extend_schema(
    tags=["settings"],
    parameters=[
        OpenApiParameter("type", OpenApiTypes.STR, OpenApiParameter.PATH, enum=["user", "organization"]),
        OpenApiParameter("id", OpenApiTypes.STR, OpenApiParameter.PATH),
    ],
)
@extend_schema_view(
    get=extend_schema(operation_id="settings_get", responses=ANSWERS),
    put=extend_schema(operation_id="settings_put", request=SettingsSerializer, responses=ANSWERS),
    patch=extend_schema(operation_id="settings_patch", request=SettingsSerializer, responses=ANSWERS),
)
class SettingsView(AccountView):
    """Read and write the settings of an account that the person administers; keys never open them."""

    conditional: ClassVar[frozenset[str]] = frozenset({"GET", "PUT", "PATCH"})

    authentication_classes = [AccountSessionAuthentication]
    permission_classes = [IsAuthenticated]  # the role is checked in the account that the address names

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer 400 in plain text for a type of account that does not exist, as Data Fair does."""
        if kwargs["type"] not in Account.Kind.values:
            return HttpResponse(WRONG_TYPE, status=HTTPStatus.BAD_REQUEST, content_type="text/plain; charset=utf-8")
        return super().dispatch(request, *args, **kwargs)

    def get_authenticate_header(self, request: Request) -> str:
        """Return a scheme: without one DRF answers 403 to a request without session, Data Fair 401."""
        return "Session"

    def get(self, request: Request, type: str, id: str) -> Response:
        """Return the settings."""
        return self._answer(self._administered(type, id))

    def put(self, request: Request, type: str, id: str) -> Response:
        """Replace the settings: webhooks that are not listed are deleted."""
        account = self._administered(type, id)
        document = _document(request.data, account)
        return self._write(account, {"webhooks": [], **document})

    def patch(self, request: Request, type: str, id: str) -> Response:
        """Replace the properties that are given, and leave the others as they are."""
        account = self._administered(type, id)
        document = _document(request.data, account)
        return self._write(account, document)

    def _write(self, account: Account, document: Mapping[str, Any]) -> Response:
        """Make the webhooks those that the document lists, if it speaks of them, and return the settings."""
        if not isinstance(document.get("webhooks", []), list):
            refuse({"webhooks": [_("This must be a list.")]})
        with editions.all_checked(account, self.check):
            if "webhooks" in document:
                sync_webhooks(account, document["webhooks"], by=self._principal())
        return self._answer(account)

    def _answer(self, account: Account) -> Response:
        """Return the settings with their ETag; the name and the keys, which are not edited here, are in no edition."""
        webhooks = list(Webhook.objects.of(account))
        shown = {"name": account.name, "webhooks": webhooks, "apiKeys": account.api_keys.order_by("id")}
        return self.tagged(
            SettingsSerializer(shown, context={"shows_addresses": True}).data, edition=editions.edition_of_all(webhooks)
        )

    def _administered(self, kind: str, slug: str) -> Account:
        """Return the account if the person administers it; 403 otherwise, whether it exists or not."""
        user = cast("User", self.request.user)
        memberships = Membership.objects.filter(user=user, role__in=Permission.MANAGE_ACCOUNT.roles)
        membership = memberships.filter(account__kind=kind, account__slug=slug).select_related("account").first()
        if membership is None:
            raise exceptions.PermissionDenied(_("Only an administrator of this account can see its settings."))
        return membership.account

    def _principal(self) -> Principal:
        return self.caller.principal


def _api_keys_of(account: Account) -> list[Json]:
    return [ApiKeySerializer(key).data for key in account.api_keys.order_by("id")]


def _document(data: object, account: Account) -> Mapping[str, Any]:
    """Return the document if its properties are known; the API keys in it must be those of the account."""
    if not isinstance(data, Mapping):
        refuse({"non_field_errors": [_("This must be an object.")]})
    errors = {str(key): [_("This property is unknown.")] for key in data if key not in KNOWN_PROPERTIES}
    if "apiKeys" in data and data["apiKeys"] != _api_keys_of(account):
        errors["apiKeys"] = [_("API keys cannot be changed here: see the settings page.")]
    if errors:
        refuse(errors)
    return data

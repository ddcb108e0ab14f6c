"""The settings of an account as Data Fair's API has them: its webhooks, and its API keys for information."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import exceptions
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import AccountSessionAuthentication
from accounts.models import Account, ApiKey, Membership, User
from accounts.permissions import Role
from accounts.principal import Principal
from webhooks.api import item
from webhooks.api.base import AccountView, refuse
from webhooks.api.serializers import SettingsSerializer
from webhooks.api.sync import reconcile
from webhooks.models import Webhook

KNOWN = frozenset({"webhooks", "apiKeys", "id", "type", "name"})
"""The last three are the account's own: taken back without being read."""

WRONG_TYPE = "Invalid type, it must be one of the following : user, organization"
"""Data Fair's sentence, as text."""


@extend_schema(
    tags=["settings"],
    parameters=[
        OpenApiParameter("type", OpenApiTypes.STR, OpenApiParameter.PATH, enum=["user", "organization"]),
        OpenApiParameter("id", OpenApiTypes.STR, OpenApiParameter.PATH),
    ],
)
@extend_schema_view(
    get=extend_schema(operation_id="settings_get", responses=SettingsSerializer),
    put=extend_schema(operation_id="settings_put", request=SettingsSerializer, responses=SettingsSerializer),
    patch=extend_schema(operation_id="settings_patch", request=SettingsSerializer, responses=SettingsSerializer),
)
class SettingsView(AccountView):
    """Read and write the settings of an account that the person administers; keys never open them."""

    authentication_classes = [AccountSessionAuthentication]
    permission_classes = [IsAuthenticated]  # the role is checked in the account that the address names

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:  # Any: DRF's contract
        """Answer 400 in plain text for a type that does not exist, as Data Fair does."""
        if kwargs["type"] not in Account.Kind.values:
            return HttpResponse(WRONG_TYPE, status=HTTPStatus.BAD_REQUEST, content_type="text/plain; charset=utf-8")
        return super().dispatch(request, *args, **kwargs)

    def get_authenticate_header(self, request: Request) -> str:
        """Name what is missing, so that the answer without a session is 401, as Data Fair's."""
        return "Session"

    def get(self, request: Request, type: str, id: str) -> Response:
        """Give the settings."""
        return Response(_shown(self._administered(type, id)))

    def put(self, request: Request, type: str, id: str) -> Response:
        """Replace the settings: webhooks that are not listed are deleted."""
        account = self._administered(type, id)
        document = _document(request.data, account)
        return self._write(account, document.get("webhooks", []))

    def patch(self, request: Request, type: str, id: str) -> Response:
        """Replace the keys that are given, and leave the others as they are."""
        account = self._administered(type, id)
        document = _document(request.data, account)
        return self._write(account, document["webhooks"]) if "webhooks" in document else Response(_shown(account))

    def _write(self, account: Account, webhooks: object) -> Response:
        if not isinstance(webhooks, list):
            refuse({"webhooks": [_("This must be a list.")]})
        with transaction.atomic():
            Account.objects.select_for_update().get(pk=account.pk)
            reconcile(account, webhooks, by=self._principal())
        return Response(_shown(account))

    def _administered(self, kind: str, slug: str) -> Account:
        """Find the account if the person administers it; 403 otherwise, whether it exists or not."""
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101 -- narrows the type: no key gets in here
        membership = (
            Membership.objects.filter(user=user, account__kind=kind, account__slug=slug, role=Role.ADMIN)
            .select_related("account")
            .first()
        )
        if membership is None:
            raise exceptions.PermissionDenied(_("Only an administrator of this account can see its settings."))
        return membership.account

    def _principal(self) -> Principal:
        return self.caller.principal


def _shown(account: Account) -> item.Json:
    return {
        "name": account.name,
        "webhooks": [item.shown(webhook) for webhook in Webhook.objects.of(account)],
        "apiKeys": [_shown_key(key) for key in account.api_keys.order_by("id")],
    }


def _shown_key(key: ApiKey) -> item.Json:
    return {"id": str(key.pk), "title": key.title, "scopes": key.scopes}


def _document(data: object, account: Account) -> Mapping[str, Any]:  # Any: JSON
    """Give the document if its keys are known; the API keys in it must be those that are there."""
    if not isinstance(data, Mapping):
        refuse({"non_field_errors": [_("This must be an object.")]})
    errors = {str(key): [_("This property is unknown.")] for key in data if key not in KNOWN}
    if "apiKeys" in data and data["apiKeys"] != [_shown_key(key) for key in account.api_keys.order_by("id")]:
        errors["apiKeys"] = [_("API keys cannot be changed here: see the settings page.")]
    if errors:
        refuse(errors)
    return data

"""The authentication and permissions of the REST API, and the account that a caller acts for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.client_address import client_address
from accounts.models import Account, ApiKey, Membership, User
from accounts.permissions import Permission, Role
from accounts.principal import Principal

if TYPE_CHECKING:
    from rest_framework.views import APIView

LAST_USED_STEP = timedelta(minutes=1)
"""How old `last_used_at` may be: one UPDATE per key and minute, however many calls."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls the API and for which account; kept in `request.auth`."""

    account: Account
    role: Role
    principal: Principal
    scopes: list[str] | None = None
    """The scopes of a key; None for a session, which may do what its role may."""

    def may(self, permission: Permission) -> bool:
        """Return whether role and scopes suffice."""
        within = self.scopes is None or permission.is_within(self.scopes)
        return within and permission.is_granted_to(self.role)


class KeyUser:
    """What DRF finds in `request.user` when a program calls with a key."""

    is_authenticated = True
    is_anonymous = False
    is_active = True

    def __init__(self, key: ApiKey) -> None:
        self.pk = f"key-{key.pk}"
        self.id = self.pk


class ApiKeyAuthentication(BaseAuthentication):
    """`x-apiKey: pv_…` as Data Fair, or `Authorization: Bearer pv_…`."""

    def authenticate(self, request: Request) -> tuple[KeyUser, Caller] | None:
        """Return the key's account; raise 401 for a key that is unknown, 403 for one that has expired."""
        clear = request.headers.get("x-apiKey") or request.headers.get("x-api-key") or _bearer(request)
        if clear is None:
            return None
        key = ApiKey.objects.find(clear)
        if key is None:
            raise exceptions.AuthenticationFailed(_("This API key is unknown."))
        now = timezone.now()
        if key.expires_at is not None and key.expires_at <= now:
            raise exceptions.PermissionDenied(_("This API key has expired."))
        if key.last_used_at is None or now - key.last_used_at > LAST_USED_STEP:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        principal = Principal(kind="apikey", id=str(key.pk), name=key.title, address=client_address(request))
        return KeyUser(key), Caller(account=key.account, role=Role.ADMIN, principal=principal, scopes=list(key.scopes))

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge in the 401 to a caller without credentials."""
        return "Bearer"


class AccountSessionAuthentication(SessionAuthentication):
    """A signed-in user, for the account that the pages use or the one named by `X-Account: organization:<id>`."""

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        """Return the user and the account; raise 403 when they do not belong to it."""
        found = super().authenticate(request)
        if found is None:
            return None
        user = found[0]
        named = request.headers.get("X-Account")
        memberships = Membership.objects.filter(user=user).select_related("account")
        if named:
            kind, _sep, slug = named.partition(":")
            membership = memberships.filter(account__kind=kind, account__slug=slug).first()
        else:
            in_use = getattr(request._request, "account", None)
            membership = memberships.filter(account=in_use).first()
        if membership is None:
            raise exceptions.PermissionDenied(_("You are not a member of this account."))
        principal = Principal(kind="user", id=str(user.pk), name=str(user), address=client_address(request))
        return user, Caller(account=membership.account, role=Role(membership.role), principal=principal)


def _bearer(request: Request) -> str | None:
    scheme, _sep, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" and value.strip().startswith("pv_") else None


class CallerPermission(BasePermission):
    """Check what `permissions` of the view says of the method; see `permission_of`.

    With `public_read` reading is open to anybody: the view finds only what the caller may see.
    """

    message = None

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the role suffices; raise 403 with the reason when a key lacks the scope."""
        permission = permission_of(view, request.method or "")
        if request.method in SAFE_METHODS and getattr(view, "public_read", False):
            return True
        caller = request.auth
        if not isinstance(caller, Caller):
            return False
        if caller.scopes is not None and not permission.is_within(caller.scopes):
            raise exceptions.PermissionDenied(_("This API key does not have the required scope."))
        return caller.may(permission)


def permission_of(view: APIView, method: str) -> Permission:
    """Return what `view` demands for `method`; raise 405 for one it does not name.

    HEAD and OPTIONS demand what GET does, or, where nothing is read, the first there is.
    """
    permissions: Mapping[str, Permission] = getattr(view, "permissions", {})
    if method in SAFE_METHODS and permissions:
        return permissions.get("GET", next(iter(permissions.values())))
    if method not in permissions:
        raise exceptions.MethodNotAllowed(method)
    return permissions[method]

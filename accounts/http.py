"""The request of a user who acts for one account, the check of their role, and the answers to htmx."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.client_address import client_address
from accounts.models import Account, Membership, User
from accounts.permissions import Permission, Role
from accounts.principal import Principal

P = ParamSpec("P")


class SiteRequest(HttpRequest):
    """A request as `AccountMiddleware` leaves it: without account and role for a visitor."""

    account: Account | None
    role: Role | None
    may: dict[str, bool]
    memberships: list[Membership]
    htmx: HtmxDetails


class AccountRequest(HttpRequest):
    """A request whose user is signed in and acts for `account` in `role`: what `require_permission` hands on."""

    user: User
    account: Account
    role: Role
    may: dict[str, bool]
    memberships: list[Membership]
    htmx: HtmxDetails


def principal_of(request: HttpRequest) -> Principal:
    """Return the signed-in user as the author of a change; the caller has checked that there is one."""
    user = cast("User", request.user)
    return Principal(kind="user", id=str(user.pk), name=str(user), address=client_address(request))


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """Redirect to `url` after a form was accepted; htmx is told to load it as a whole page."""
    return HttpResponseClientRedirect(url) if _is_htmx(request) else HttpResponseRedirect(url)


def page_or_dialog(
    request: AccountRequest, template: str, context: dict[str, Any], *, refused: bool = False
) -> HttpResponse:
    """Render `template`, or for htmx only its partial `dialog`; the status is 422 when the form was `refused`."""
    name = f"{template}#dialog" if request.htmx else template
    return render(request, name, context, status=422 if refused else 200)


def is_allowed(request: HttpRequest, permission: Permission, *, owner: Account) -> bool:
    """Return whether the user acts for `owner` in a role that has `permission`."""
    site_request = cast("SiteRequest", request)
    return site_request.account == owner and permission.is_granted_to(site_request.role)


def require_permission(
    permission: Permission,
) -> Callable[
    [Callable[Concatenate[AccountRequest, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Restrict a view to members of the account in use whose role has `permission`.

    A visitor is sent to the sign-in page; a member with a lesser role gets 403.
    """

    def decorate(
        view: Callable[Concatenate[AccountRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _sign_in_first(request)
            if not permission.is_granted_to(cast("SiteRequest", request).role):
                raise PermissionDenied
            return view(cast("AccountRequest", request), *args, **kwargs)

        update_wrapper(guarded, view)
        return guarded

    return decorate


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    """Redirect to the sign-in page, as a whole page also for htmx."""
    return go_to(request, redirect_to_login(request.get_full_path()).url)


def _is_htmx(request: HttpRequest) -> bool:
    return bool(cast("SiteRequest", request).htmx)

"""The request of a signed-in person acting for one account, and the guard that gives it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import Account, Membership, User
from accounts.permissions import Role, at_least
from accounts.principal import Principal

P = ParamSpec("P")


class AccountRequest(HttpRequest):
    """A request whose user is signed in and acts for `account` in `role`."""

    user: User
    account: Account
    role: Role
    memberships: list[Membership]
    htmx: HtmxDetails


def principal_of(request: HttpRequest) -> Principal:
    """Name the signed-in person as the author of an act."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 -- narrows the type: every caller stands behind require_role
    return Principal(kind="user", id=str(user.pk), name=str(user))


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """Answer a form that was accepted: on to the page at `url`, which htmx loads as a whole."""
    return HttpResponseClientRedirect(url) if getattr(request, "htmx", False) else HttpResponseRedirect(url)


def page_or_dialog(
    request: AccountRequest,
    template: str,
    context: dict[str, Any],
    *,
    refused: bool = False,  # Any: Django's contract
) -> HttpResponse:
    """Render `template`, or for htmx only its partial `dialog`; a form that was `refused` answers 422."""
    name = f"{template}#dialog" if request.htmx else template
    return render(request, name, context, status=422 if refused else 200)


def require_role(
    minimum: Role,
) -> Callable[
    [Callable[Concatenate[AccountRequest, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Let in members of the account in use with at least the role `minimum`.

    A visitor is sent to the sign-in page; a member with a lesser role gets 403.
    """

    def decorate(
        view: Callable[Concatenate[AccountRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _sign_in_first(request)
            if not at_least(getattr(request, "role", None), minimum):
                raise PermissionDenied
            return view(request, *args, **kwargs)  # type: ignore[arg-type]  # AccountMiddleware made it one

        return wraps(view)(guarded)  # type: ignore[return-value]  # wraps() hides what it wraps

    return decorate


def _sign_in_first(request: HttpRequest) -> HttpResponseBase:
    """Send to the sign-in page; an htmx request is told to go there as a whole page."""
    answer = redirect_to_login(request.get_full_path())
    if getattr(request, "htmx", False):
        return HttpResponse(headers={"HX-Redirect": answer["Location"]})
    return answer

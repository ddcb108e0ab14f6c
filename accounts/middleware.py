"""Attach to each signed-in request the account it acts for and the person's role in it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from accounts.models import Account, Membership, User
from accounts.permissions import Role

SESSION_KEY = "account"


class AccountMiddleware:
    """Set `request.account` and `request.role`: the account chosen in the header, else the personal one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.account = None  # type: ignore[attr-defined]  # AccountRequest declares it
        request.role = None  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            membership = _membership_in_use(request, request.user)
            if membership is not None:
                request.account = membership.account  # type: ignore[attr-defined]
                request.role = Role(membership.role)  # type: ignore[attr-defined]
            if request.user.language:
                translation.activate(request.user.language)
                request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


def choose(request: HttpRequest, account: Account) -> None:
    """Act for `account` from now on in this session; the caller has checked that the user belongs to it."""
    request.session[SESSION_KEY] = account.pk


def _membership_in_use(request: HttpRequest, user: User) -> Membership | None:
    memberships = list(Membership.objects.filter(user=user).select_related("account").order_by("account__name"))
    memberships.sort(key=lambda m: m.account.kind != Account.Kind.USER)
    request.memberships = memberships  # type: ignore[attr-defined]  # the header's switcher lists them
    chosen = request.session.get(SESSION_KEY)
    return next((m for m in memberships if m.account_id == chosen), memberships[0] if memberships else None)

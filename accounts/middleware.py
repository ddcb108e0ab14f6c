"""Attach to each request the account that the user acts for, their role in it and what it allows."""

from collections.abc import Callable, Sequence
from typing import cast

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from accounts.http import SiteRequest
from accounts.models import Account, Membership, User
from accounts.permissions import Role, rights_of

SESSION_KEY = "account"


class AccountMiddleware:
    """Set `request.account`, `role`, `may` and `memberships`, and speak the user's language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request = cast("SiteRequest", request)
        request.account, request.role, request.memberships = None, None, []
        if request.user.is_authenticated:
            request.memberships = _memberships(request.user)
            membership = _membership_in_use(request.memberships, request.user, chosen=request.session.get(SESSION_KEY))
            if membership is not None:
                request.account = membership.account
                request.role = Role(membership.role)
            if request.user.language:
                translation.activate(request.user.language)
                request.LANGUAGE_CODE = translation.get_language()
        request.may = rights_of(request.role)
        return self.get_response(request)


def use_account(request: HttpRequest, user: User, account: Account) -> None:
    """Act for `account` in this session, and in the user's next ones until they choose another.

    The caller has checked that the user belongs to it.
    """
    request.session[SESSION_KEY] = account.pk
    User.objects.filter(pk=user.pk).update(last_account=account)


def _memberships(user: User) -> list[Membership]:
    """Return the user's memberships as the header lists them: the personal account, then the others by name."""
    memberships = list(Membership.objects.filter(user=user).select_related("account").order_by("account__name"))
    return sorted(memberships, key=lambda membership: membership.account.kind != Account.Kind.USER)


def _membership_in_use(memberships: Sequence[Membership], user: User, *, chosen: int | None) -> Membership | None:
    """Return the membership of the session's account, else of the last one chosen, else of an organisation.

    Whoever belongs to an organisation works there: their personal account is often empty.
    """
    by_account = {membership.account_id: membership for membership in memberships}
    for account_id in (chosen, user.last_account_id):
        if account_id in by_account:
            return by_account[account_id]
    organisations = [m for m in memberships if m.account.kind == Account.Kind.ORGANIZATION]
    return next(iter([*organisations, *memberships]), None)

"""What the views of the API share: the caller and its account, validation, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.authentication import Caller, CallerPermission
from accounts.conditional import ConditionalView
from accounts.models import Account
from accounts.permissions import Permission
from webhooks.errors import Conflict, TooSoon
from webhooks.models import Webhook
from webhooks.types import Json


class NotNow(exceptions.APIException):
    """The state of a webhook or of a delivery does not allow the act."""

    status_code = status.HTTP_409_CONFLICT


class NotYet(exceptions.APIException):
    """An act was asked for too often; `wait` becomes Retry-After."""

    status_code = status.HTTP_429_TOO_MANY_REQUESTS

    def __init__(self, error: TooSoon) -> None:
        super().__init__(detail=str(error.message), code=error.code)
        self.wait = error.wait_s


class AccountView(ConditionalView):
    """A view that acts for the caller's account, checks `permissions`, and answers 404 for what others own."""

    permission_classes = [CallerPermission]
    permissions: ClassVar[Mapping[str, Permission]] = {
        "GET": Permission.READ_WEBHOOKS,
        "POST": Permission.MANAGE_WEBHOOKS,
        "PUT": Permission.MANAGE_WEBHOOKS,
        "PATCH": Permission.MANAGE_WEBHOOKS,
        "DELETE": Permission.MANAGE_WEBHOOKS,
    }

    @property
    def caller(self) -> Caller:
        """The caller, whom authentication has set and permission has checked."""
        caller = self.request.auth
        if not isinstance(caller, Caller):
            raise exceptions.NotAuthenticated
        return caller

    @property
    def account(self) -> Account:
        """The account that the caller acts for."""
        return self.caller.account

    def webhook(self, webhook_id: int) -> Webhook:
        """Return a webhook of the account, or answer 404."""
        found = Webhook.objects.of(self.account).filter(pk=webhook_id).first()
        if found is None:
            raise Http404(_("There is no such webhook."))
        return found

    def handle_exception(self, exc: Exception) -> Response:
        """Answer a `Conflict` with 409, one that ends by itself with 429, and 404 if the webhook is gone meanwhile."""
        if isinstance(exc, TooSoon):
            exc = NotYet(exc)
        elif isinstance(exc, Conflict):
            exc = NotNow(detail=str(exc.message), code=exc.code)
        elif isinstance(exc, Webhook.DoesNotExist):
            exc = Http404(_("There is no such webhook."))
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Keep the data of an account out of shared caches."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


def validated(serializer: type[Serializer[Any]], data: object) -> Json:
    """Return the validated values of a query or a body; raise ValidationError."""
    bound = serializer(data=data)
    bound.is_valid(raise_exception=True)
    return dict(bound.validated_data)


def refuse(errors: dict[str, list[str]]) -> NoReturn:
    """Answer 400 with the errors of each path, such as `webhooks.0.target.params.url`."""
    raise exceptions.ValidationError(errors)

"""A view of the API that shows public data to anybody, the rest to members, and lets contributors write."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db.models import Model
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import Caller, CallerPermission
from accounts.models import Account
from accounts.permissions import Role, at_least, scope_opens
from accounts.principal import VISITOR, Principal
from datasets.files.uploads import UploadRefused
from datasets.models import Dataset
from datasets.models.dataset import DatasetQuerySet
from datasets.rows.filters import WrongQuestion

MAX_SLUG_CHARS = 100


class NoDataYet(exceptions.APIException):
    """The dataset has no rows to show: its file waits, or is being read, or cannot be."""

    status_code = status.HTTP_409_CONFLICT


class TooLarge(exceptions.APIException):
    """The request carries more than it may."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE


class OneRendering(BaseContentNegotiation):
    """Answer as the route does, whatever is preferred: `?format=csv` is a parameter of ours, not of DRF's."""

    def select_parser(self, request: Request, parsers: Any) -> Any:  # Any: DRF's contract, here and below
        """Give the parser of the request's media type."""
        media_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Give the only renderer."""
        renderer: BaseRenderer = renderers[0]
        return renderer, renderer.media_type


class RoomView(APIView):
    """Answer whoever calls: what they may not see is 404, what they may only read is 403."""

    permission_classes = [CallerPermission]
    content_negotiation_class = OneRendering
    public_read = True
    room = ""

    @property
    def caller(self) -> Caller | None:
        """Give the member or the key that may open this room, or None for a visitor."""
        caller = self.request.auth
        if not isinstance(caller, Caller):
            return None
        write = self.request.method not in {"GET", "HEAD", "OPTIONS"}
        opens = caller.scopes is None or scope_opens(caller.scopes, self.room, write=write)
        return caller if opens else None

    @property
    def account(self) -> Account | None:
        """Give the account that is acted for, or None."""
        return self.caller.account if self.caller else None

    @property
    def principal(self) -> Principal:
        """Name who calls."""
        return self.caller.principal if self.caller else VISITOR

    def handle_exception(self, exc: Exception) -> Response:
        """Say in the API's shape what the verbs refuse, and what Django refuses while it reads the request."""
        return super().handle_exception(_as_api_error(exc))

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:  # Any: DRF
        """Keep out of shared caches what belongs to an account, and have each download asked for here."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class DatasetView(RoomView):
    """Find datasets for whoever calls."""

    room = "datasets"

    def visible(self) -> DatasetQuerySet:
        """Give the datasets that the caller may see."""
        return Dataset.objects.visible_to(self.account).select_related("account")

    def found(self, slug: str) -> Dataset:
        """Give a dataset that the caller may see, or raise 404."""
        dataset = self.visible().filter(slug=slug).first()
        if dataset is None:
            raise Http404(_("There is no such dataset."))
        return dataset

    def readable(self, slug: str) -> Dataset:
        """Give one that has rows, or raise 404 or 409."""
        dataset = self.found(slug)
        if not dataset.has_data:
            raise NoDataYet(_("This dataset has no data to show yet."))
        return dataset

    def owned(self, slug: str, *, minimum: Role = Role.CONTRIBUTOR) -> Dataset:
        """Give one of the caller's account, in which they have at least the role `minimum`; or raise 404 or 403."""
        dataset = self.found(slug)
        caller = self.caller
        if caller is None or dataset.account_id != caller.account.pk or not at_least(caller.role, minimum):
            raise exceptions.PermissionDenied
        return dataset


def free(slug: str, model: type[Model]) -> str:
    """Give the id that a PUT chose for a new row, or raise 400 when it is too long or was taken a moment ago."""
    if len(slug) > MAX_SLUG_CHARS or (slug and model._default_manager.filter(slug=slug).exists()):
        raise exceptions.ValidationError({"id": [_("This id is taken, or too long.")]})
    return slug


def _as_api_error(exc: Exception) -> Exception:
    if isinstance(exc, WrongQuestion):
        return exceptions.ValidationError({exc.field: [exc.sentence]})
    if isinstance(exc, UploadRefused):
        sentence = str(exc.sentence)
        return (
            TooLarge(sentence)
            if exc.status == TooLarge.status_code
            else exceptions.ValidationError({"file": [sentence]})
        )
    if isinstance(exc, RequestDataTooBig):
        return TooLarge(_("The fields of the request are too large."))
    if isinstance(exc, SuspiciousOperation | UnreadablePostError):
        return exceptions.ParseError()
    return exc

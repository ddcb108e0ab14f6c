"""The base classes of the views: public data for anybody, the rest as the table of permissions says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.db import IntegrityError
from django.db.models import Model
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import Caller, CallerPermission, permission_of
from accounts.conditional import ConditionalView
from accounts.models import Account
from accounts.permissions import Permission
from accounts.principal import VISITOR, Principal
from datasets.api.errors import NoDataYet, as_api_error
from datasets.models import Dataset
from datasets.models.dataset import DatasetQuerySet

MAX_SLUG_CHARS = 100


class IgnoreFormat(BaseContentNegotiation):
    """Always use the first renderer: `?format=csv` is a parameter of `/lines`, not DRF's."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the parser for the media type of the request."""
        media_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the only renderer."""
        renderer: BaseRenderer = renderers[0]
        return renderer, renderer.media_type


class ResourceView(ConditionalView):
    """A view that anybody may call: what they may not see is 404, what they may only read is 403.

    `permissions` says what each method demands.
    """

    permission_classes = [CallerPermission]
    content_negotiation_class = IgnoreFormat
    public_read = True
    permissions: ClassVar[Mapping[str, Permission]] = {}

    @property
    def permission(self) -> Permission:
        """What the request demands."""
        return permission_of(self, self.request.method or "")

    @property
    def caller(self) -> Caller | None:
        """The member, or the key whose scopes allow this request; None for a visitor."""
        caller = self.request.auth
        if not isinstance(caller, Caller):
            return None
        allowed = caller.scopes is None or self.permission.is_within(caller.scopes)
        return caller if allowed else None

    @property
    def member(self) -> Caller:
        """The caller; raise 401 for a visitor."""
        caller = self.caller
        if caller is None:
            raise exceptions.NotAuthenticated
        return caller

    @property
    def account(self) -> Account | None:
        """The account that the caller acts for, or None."""
        return self.caller.account if self.caller else None

    @property
    def principal(self) -> Principal:
        """The author of what the request does."""
        return self.caller.principal if self.caller else VISITOR

    def demand(self, permission: Permission, *, owner: Account) -> None:
        """Raise 403 unless the caller acts for `owner` and has `permission`."""
        caller = self.caller
        if caller is None or caller.account != owner or not caller.may(permission):
            raise exceptions.PermissionDenied

    def handle_exception(self, exc: Exception) -> Response:
        """Answer the errors of this app in the API's format, too."""
        return super().handle_exception(as_api_error(exc))

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Keep responses out of shared caches: they depend on the caller, and downloads are counted here."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class DatasetView(ResourceView):
    """A view of datasets."""

    permissions = {"GET": Permission.READ_DATASETS, "DELETE": Permission.DELETE_DATASET} | dict.fromkeys(
        ("POST", "PUT", "PATCH"), Permission.EDIT_DATASET
    )

    def get_queryset(self) -> DatasetQuerySet:
        """Return the datasets that the caller may see."""
        return Dataset.objects.visible_to(self.account).select_related("account")

    def get_object(self, slug: str) -> Dataset:
        """Return a dataset that the caller may see, or raise 404."""
        dataset = self.get_queryset().filter(slug=slug).first()
        if dataset is None:
            raise Http404(_("There is no such dataset."))
        return dataset

    def get_with_data(self, slug: str) -> Dataset:
        """Return a dataset that serves rows, or raise 404 or 409."""
        dataset = self.get_object(slug)
        if not dataset.has_data:
            raise NoDataYet(_("This dataset has no data to show yet."))
        return dataset

    def get_owned(self, slug: str) -> Dataset:
        """Return a dataset of the caller's account, to which they may do what the request demands; else 404 or 403."""
        dataset = self.get_object(slug)
        self.demand(self.permission, owner=dataset.account)
        return dataset


def create_or_change(
    view: ResourceView,
    slug: str,
    model: type[Model],
    *,
    create: Callable[[], Response],
    change: Callable[[], Response],
) -> Response:
    """Answer a PUT of the id `slug`: create the row when there is none, else change it.

    Of several requests that find none at the same moment one creates it, and the others change what it created.
    Raise 400 when the id is too long, 412 when there is none and If-Match asks for one.
    """
    if len(slug) > MAX_SLUG_CHARS:
        raise exceptions.ValidationError({"id": [_("This id is taken, or too long.")]})
    there = model._default_manager.filter(slug=slug)
    if not there.exists():
        view.check(None)
        try:
            return create()
        except IntegrityError:
            if not there.exists():
                raise
    return change()

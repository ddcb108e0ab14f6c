"""Views of the API whose answers bear an ETag, and which obey If-Match and If-None-Match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.preconditions import Malformed, Preconditions, entity_tag


class PreconditionFailed(exceptions.APIException):
    """If-Match or If-None-Match asked for what is not so; nothing was written."""

    status_code = status.HTTP_412_PRECONDITION_FAILED


class ConditionalView(APIView):
    """A view of editable resources.

    Answers go through `tagged`; whoever writes calls `check` with the edition of the row, under the row's lock.
    """

    conditional: ClassVar[frozenset[str]] = frozenset()
    """The methods that obey preconditions, for the description of the API."""

    @cached_property
    def preconditions(self) -> Preconditions:
        """What the request asks before anything is done; raise 400 for a header that cannot be read."""
        headers = self.request.headers
        try:
            return Preconditions.read(if_match=headers.get("If-Match"), if_none_match=headers.get("If-None-Match"))
        except Malformed:
            raise exceptions.ParseError(
                _("If-Match and If-None-Match take “*”, or entity tags in quotation marks between commas.")
            ) from None

    def check(self, edition: str | None) -> None:
        """Raise 412 unless a resource of this edition (None: there is none) may be created, changed or deleted."""
        if not self.preconditions.allow_write(edition):
            raise _failed(exists=edition is not None)

    def tagged(
        self,
        body: Mapping[str, Any],
        *,
        edition: str,
        shown: Mapping[str, Any] | None = None,
        status: int = status.HTTP_200_OK,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the answer with its ETag; to a GET 304 when the client has it already, and 412 by If-Match.

        `shown` is what a GET would show, if that is not `body`.
        """
        tag = entity_tag(edition=edition, body=JSONRenderer().render(body if shown is None else shown))
        with_tag = {"ETag": str(tag), **(headers or {})}
        if self.request.method in SAFE_METHODS:
            if not self.preconditions.allow_read(edition):
                raise _failed(exists=True)
            if self.preconditions.is_known(tag):
                return Response(status=304, headers=with_tag)
        return Response(body, status=status, headers=with_tag)


def _failed(*, exists: bool) -> PreconditionFailed:
    if exists:
        return PreconditionFailed(
            _("This is not what If-Match or If-None-Match asks for: read it again, then repeat. Nothing was changed.")
        )
    return PreconditionFailed(_("If-Match asks for what does not exist. Nothing was created."))

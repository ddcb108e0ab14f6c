"""Catalogues in the API, for the members of their account."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.openapi import ETAG
from accounts.permissions import Permission
from datasets import catalogs
from datasets.api.base import ResourceView, create_or_change
from datasets.api.filters import parse_sort, select_fields
from datasets.api.pagination import page_bounds
from datasets.api.serializers import OwnerSerializer
from datasets.models import Catalog
from datasets.services import editing
from datasets.services.catalogs import change_catalog, create_catalog, delete_catalog

SORT_FIELDS = {"id": "slug", "title": "title", "createdAt": "created_at", "updatedAt": "updated_at"}


class CatalogSerializer(serializers.Serializer[Catalog]):
    """A catalogue; `url` is its public page."""

    id = serializers.CharField(source="slug")
    title = serializers.CharField()
    description = serializers.CharField()
    type = serializers.CharField(source="kind")
    owner = OwnerSerializer(source="account.as_owner")
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")
    url = serializers.SerializerMethodField("page_url")
    href = serializers.SerializerMethodField("api_url")

    def page_url(self, catalog: Catalog) -> str:
        """Return the URL of its page."""
        return f"{settings.PUBLIC_URL}{catalog.get_absolute_url()}"

    def api_url(self, catalog: Catalog) -> str:
        """Return its URL in the API."""
        return f"{settings.PUBLIC_URL}{catalog.api_path}"


class CatalogListSerializer(serializers.Serializer[Any]):
    """A page of catalogues, and their number in all."""

    count = serializers.IntegerField()
    results = CatalogSerializer(many=True)


class KindSerializer(serializers.Serializer[Any]):
    """A kind of catalogue."""

    key = serializers.CharField()
    title = serializers.CharField()


class CatalogWrite(serializers.Serializer[Any]):
    """The fields of a catalogue that can be set; `type` only on creation. Data Fair's `url` is accepted and ignored."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=20_000, allow_blank=True, required=False)
    type = serializers.CharField(max_length=30, required=False)
    url = serializers.CharField(max_length=600, required=False, allow_blank=True)

    def validate_type(self, kind: str) -> str:
        """Refuse an unknown kind."""
        if kind not in {connector.kind for connector in catalogs.all_connectors()}:
            raise serializers.ValidationError(_("This type of catalog is not known."))
        return kind


class CatalogView(ResourceView):
    """A view of the catalogues of the caller's account, which administrators may change."""

    public_read = False
    permissions = {"GET": Permission.READ_CATALOGS, "DELETE": Permission.MANAGE_CATALOGS} | dict.fromkeys(
        ("POST", "PUT", "PATCH"), Permission.MANAGE_CATALOGS
    )

    def get_owned(self, slug: str) -> Catalog:
        """Return a catalogue of the account, or raise 404."""
        catalog = Catalog.objects.of(self.member.account).select_related("account").filter(slug=slug).first()
        if catalog is None:
            raise Http404(_("There is no such catalog."))
        return catalog

    def create(self, *, slug: str = "") -> Response:
        """Create a catalogue of the caller's account; 201."""
        serializer = CatalogWrite(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        catalog = create_catalog(
            self.member.account,
            title=data["title"],
            description=data.get("description", ""),
            kind=data.get("type", "local"),
            slug=slug,
            by=self.principal,
        )
        return self.answer(catalog, created=True)

    def answer(self, catalog: Catalog, *, created: bool = False) -> Response:
        """Return the catalogue with its ETag."""
        body = CatalogSerializer(catalog).data
        if not created:
            return self.tagged(body, edition=editing.edition(catalog))
        where = {"Location": body["href"]}
        return self.tagged(body, edition=editing.edition(catalog), status=status.HTTP_201_CREATED, headers=where)


class CatalogListView(CatalogView):
    """The list of catalogues, and the creation of new ones."""

    @extend_schema(operation_id="catalogs_list", responses=CatalogListSerializer, tags=["catalogs"])
    def get(self, request: Request) -> Response:
        """Return a page of them: `q`, `sort`, `select`, `size`, `page` or `skip`."""
        parameters = request.query_params.dict()
        found = Catalog.objects.of(self.member.account).search(parameters.get("q", "")).select_related("account")
        if parameters.get("sort"):
            found = found.order_by(*parse_sort(parameters["sort"], SORT_FIELDS), "pk")
        size, skip = page_bounds(parameters)
        results = [dict(CatalogSerializer(catalog).data) for catalog in found[skip : skip + size]]
        return Response({"count": found.count(), "results": select_fields(results, parameters.get("select", ""))})

    @extend_schema(
        operation_id="catalogs_create",
        parameters=[ETAG],
        request=CatalogWrite,
        responses={201: CatalogSerializer},
        tags=["catalogs"],
    )
    def post(self, request: Request) -> Response:
        """Create one."""
        return self.create()


class CatalogTypesView(CatalogView):
    """The kinds of catalogues that can be created."""

    @extend_schema(operation_id="catalogs_types", responses=KindSerializer(many=True), tags=["catalogs"])
    def get(self, request: Request) -> Response:
        """Return their keys and titles."""
        return Response([{"key": c.kind, "title": str(c.label)} for c in catalogs.all_connectors()])


class CatalogDetailView(CatalogView):
    """One catalogue."""

    conditional: ClassVar[frozenset[str]] = frozenset({"GET", "PATCH", "PUT", "DELETE"})

    @extend_schema(operation_id="catalogs_read", responses=CatalogSerializer, tags=["catalogs"])
    def get(self, request: Request, slug: str) -> Response:
        """Return it."""
        return self.answer(self.get_owned(slug))

    @extend_schema(operation_id="catalogs_change", request=CatalogWrite, responses=CatalogSerializer, tags=["catalogs"])
    def patch(self, request: Request, slug: str) -> Response:
        """Change its title or its description."""
        catalog = self.get_owned(slug)
        serializer = CatalogWrite(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        if data.get("type", catalog.kind) != catalog.kind:
            raise exceptions.ValidationError({"type": [_("The type of a catalog does not change.")]})
        words = {name: data[name] for name in ("title", "description") if name in data}
        with editing.checked(catalog, self.check):
            catalog = change_catalog(catalog, by=self.principal, **words)
        return self.answer(catalog)

    @extend_schema(
        operation_id="catalogs_put",
        request=CatalogWrite,
        responses={200: CatalogSerializer, 201: CatalogSerializer},
        tags=["catalogs"],
    )
    def put(self, request: Request, slug: str) -> Response:
        """Do the same as PATCH, or create one with this id when there is none."""
        return create_or_change(
            self, slug, Catalog, create=lambda: self.create(slug=slug), change=lambda: self.patch(request, slug)
        )

    @extend_schema(operation_id="catalogs_delete", responses={204: None}, tags=["catalogs"])
    def delete(self, request: Request, slug: str) -> Response:
        """Take everything off it, then delete it."""
        catalog = self.get_owned(slug)
        with editing.checked(catalog, self.check):
            delete_catalog(catalog, by=self.principal)
        return Response(status=status.HTTP_204_NO_CONTENT)

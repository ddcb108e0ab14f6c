"""Catalogues over the API, for the members of their account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import Caller
from accounts.permissions import Role
from datasets import catalogs
from datasets.api.base import RoomView, free
from datasets.api.pagination import order, selected, window
from datasets.api.serializers import OwnerSerializer
from datasets.models import Catalog
from datasets.services.catalogs import change_catalog, create_catalog, delete_catalog

Json = dict[str, Any]  # Any: JSON, or validated values

SORTS = {"id": "slug", "title": "title", "createdAt": "created_at", "updatedAt": "updated_at"}


class CatalogSerializer(serializers.Serializer[Catalog]):
    """A catalogue; `url` is the page where it shows what is published."""

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
        """Give the address of its page."""
        return f"{settings.PUBLIC_URL}{catalog.get_absolute_url()}"

    def api_url(self, catalog: Catalog) -> str:
        """Give its address in the API."""
        return f"{settings.PUBLIC_URL}{catalog.api_path}"


class CatalogListSerializer(serializers.Serializer[Any]):  # Any: a dict
    """A page of catalogues, and how many there are in all."""

    count = serializers.IntegerField()
    results = CatalogSerializer(many=True)


class KindSerializer(serializers.Serializer[Any]):  # Any: a dict
    """A kind of catalogue."""

    key = serializers.CharField()
    title = serializers.CharField()


class CatalogWrite(serializers.Serializer[Any]):  # Any: no instance
    """What may be written of a catalogue; its type only when it is created."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=20_000, allow_blank=True, required=False)
    type = serializers.CharField(max_length=30, required=False)
    url = serializers.CharField(max_length=600, required=False, allow_blank=True)

    def validate_type(self, kind: str) -> str:
        """Refuse a kind that nobody knows."""
        if kind not in {connector.kind for connector in catalogs.all_connectors()}:
            raise serializers.ValidationError(_("This type of catalog is not known."))
        return kind


class CatalogView(RoomView):
    """Find catalogues of the caller's account; administrators write."""

    room = "catalogs"
    public_read = False
    write_role = Role.ADMIN

    @property
    def member(self) -> Caller:
        """Give who calls: permission has let in nobody else."""
        caller = self.caller
        if caller is None:
            raise exceptions.NotAuthenticated
        return caller

    def owned(self, slug: str) -> Catalog:
        """Give a catalogue of the account, or raise 404."""
        catalog = Catalog.objects.of(self.member.account).select_related("account").filter(slug=slug).first()
        if catalog is None:
            raise Http404(_("There is no such catalog."))
        return catalog

    def create(self, *, slug: str = "") -> Response:
        """Make a catalogue of the caller's account; 201."""
        write = CatalogWrite(data=self.request.data)
        write.is_valid(raise_exception=True)
        asked = write.validated_data
        catalog = create_catalog(
            self.member.account,
            title=asked["title"],
            description=asked.get("description", ""),
            kind=asked.get("type", "local"),
            slug=free(slug, Catalog),
        )
        shape = CatalogSerializer(catalog).data
        return Response(shape, status=status.HTTP_201_CREATED, headers={"Location": shape["href"]})


class CatalogListView(CatalogView):
    """The catalogues of the account, and a place for new ones."""

    @extend_schema(operation_id="catalogs_list", responses=CatalogListSerializer, tags=["catalogs"])
    def get(self, request: Request) -> Response:
        """Give a page of them: `q`, `sort`, `select`, `size`, `page` or `skip`."""
        query = request.query_params.dict()
        found = Catalog.objects.of(self.member.account).search(query.get("q", "")).select_related("account")
        if query.get("sort"):
            found = found.order_by(*order(query["sort"], SORTS), "pk")
        size, skip = window(query)
        results = [dict(CatalogSerializer(catalog).data) for catalog in found[skip : skip + size]]
        return Response({"count": found.count(), "results": selected(results, query.get("select", ""))})

    @extend_schema(
        operation_id="catalogs_create", request=CatalogWrite, responses={201: CatalogSerializer}, tags=["catalogs"]
    )
    def post(self, request: Request) -> Response:
        """Create one."""
        return self.create()


class KindsView(CatalogView):
    """The kinds of catalogues that can be created."""

    @extend_schema(operation_id="catalogs_types", responses=KindSerializer(many=True), tags=["catalogs"])
    def get(self, request: Request) -> Response:
        """Give their keys and names."""
        return Response([{"key": c.kind, "title": str(c.label)} for c in catalogs.all_connectors()])


class CatalogDetailView(CatalogView):
    """One catalogue."""

    @extend_schema(operation_id="catalogs_read", responses=CatalogSerializer, tags=["catalogs"])
    def get(self, request: Request, slug: str) -> Response:
        """Show it."""
        return Response(CatalogSerializer(self.owned(slug)).data)

    @extend_schema(operation_id="catalogs_change", request=CatalogWrite, responses=CatalogSerializer, tags=["catalogs"])
    def patch(self, request: Request, slug: str) -> Response:
        """Change its words."""
        catalog = self.owned(slug)
        write = CatalogWrite(data=request.data, partial=True)
        write.is_valid(raise_exception=True)
        asked = write.validated_data
        if asked.get("type", catalog.kind) != catalog.kind:
            raise exceptions.ValidationError({"type": [_("The type of a catalog does not change.")]})
        change_catalog(
            catalog,
            title=asked.get("title", catalog.title),
            description=asked.get("description", catalog.description),
        )
        return Response(CatalogSerializer(catalog).data)

    @extend_schema(operation_id="catalogs_put", request=CatalogWrite, responses=CatalogSerializer, tags=["catalogs"])
    def put(self, request: Request, slug: str) -> Response:
        """Do as PATCH does; or make one of this id when there is none."""
        if not Catalog.objects.filter(slug=slug).exists():
            return self.create(slug=slug)
        return self.patch(request, slug)

    @extend_schema(operation_id="catalogs_delete", responses={204: None}, tags=["catalogs"])
    def delete(self, request: Request, slug: str) -> Response:
        """Take everything off it, then delete it."""
        delete_catalog(self.owned(slug), by=self.principal)
        return Response(status=status.HTTP_204_NO_CONTENT)

"""Datasets over the API: list, upload, show, change, replace, delete, and what happened to them."""

from __future__ import annotations

from typing import Any

from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Role
from datasets.api import serializers
from datasets.api.base import DatasetView
from datasets.api.journal import entries
from datasets.api.pagination import narrowed, selected, window
from datasets.api.publications import WITH_PUBLICATIONS, carry_out
from datasets.files.uploads import refuse_too_large
from datasets.models import Dataset
from datasets.models.dataset import DatasetQuerySet
from datasets.services.datasets import create_dataset, delete_dataset, describe, replace_data, set_public

LIST_PARAMETERS = [
    OpenApiParameter(name, str, description=description)
    for name, description in (
        ("q", "Words of the title, the description or the id"),
        ("owner", "`organization:ville`, several between commas, `-` before those to leave out"),
        ("visibility", "`public`, `private`"),
        ("status", "`created`, `analyzed`, `finalized`, `error`"),
        ("sort", "`title:1,createdAt:-1`"),
        ("select", "The fields wanted, between commas"),
        ("size", "How many, 10 by default"),
        ("page", "Which page, from 1"),
        ("skip", "How many to leave out, instead of `page`"),
    )
]
TEXT_PARTS = ("title", "description", "public")
UPLOAD = {"multipart/form-data": serializers.DatasetUpload}


class LengthRequired(exceptions.APIException):
    """An upload says how long it is."""

    status_code = status.HTTP_411_LENGTH_REQUIRED


class ShowingView(DatasetView):
    """A view that shows datasets."""

    def visible(self) -> DatasetQuerySet:
        """Give the datasets that the caller may see, with their publications."""
        return super().visible().prefetch_related(WITH_PUBLICATIONS)

    def shown(self, dataset: Dataset) -> dict[str, Any]:  # Any: JSON
        """Give the JSON that the caller may see."""
        return dict(serializers.DatasetSerializer(dataset, context={"account": self.account}).data)


class UploadView(ShowingView):
    """A view that takes a file."""

    parser_classes = [MultiPartParser, JSONParser, FormParser]

    def uploaded(self) -> tuple[File[bytes], dict[str, Any]]:  # Any: validated values
        """Give the file and the other parts; raise 411, 413, or 400 when there is none."""
        request = self.request
        refuse_too_large(request._request)
        if not request.META.get("CONTENT_LENGTH"):
            raise LengthRequired(_("The length of the request is missing (Content-Length)."))
        data: Any = request.data  # Any: a QueryDict, or what JSON holds
        refuse_too_large(request._request)
        file = request.FILES.get("file") or request.FILES.get("dataset")
        if not isinstance(file, UploadedFile):
            raise exceptions.ValidationError(
                {"file": [_("A dataset starts with a file: send one in the part “file”.")]}
            )
        parts = serializers.DatasetUpload(data={name: data[name] for name in TEXT_PARTS if name in data})
        parts.is_valid(raise_exception=True)
        return file, dict(parts.validated_data)

    def create(self, *, slug: str = "") -> Response:
        """Make a dataset of the caller's account; 201."""
        caller = self.caller
        if caller is None:
            raise exceptions.NotAuthenticated
        file, parts = self.uploaded()
        dataset = create_dataset(
            account=caller.account,
            upload=file,
            by=caller.principal,
            title=parts.get("title", ""),
            description=parts.get("description", ""),
            is_public=parts["public"],
            slug=slug,
        )
        shape = self.shown(dataset)
        return Response(shape, status=status.HTTP_201_CREATED, headers={"Location": shape["href"]})


class DatasetListView(UploadView):
    """The datasets that the caller may see, and a place for new ones."""

    @extend_schema(
        operation_id="datasets_list",
        parameters=LIST_PARAMETERS,
        responses=serializers.DatasetListSerializer,
        tags=["datasets"],
    )
    def get(self, request: Request) -> Response:
        """Give a page of the caller's datasets and of the public ones."""
        query = request.query_params.dict()
        found = narrowed(self.visible(), query)
        size, skip = window(query)
        results = [self.shown(dataset) for dataset in found[skip : skip + size]]
        return Response({"count": found.count(), "results": selected(results, query.get("select", ""))})

    @extend_schema(
        operation_id="datasets_create",
        request=UPLOAD,
        responses={201: serializers.DatasetSerializer},
        tags=["datasets"],
    )
    def post(self, request: Request) -> Response:
        """Upload a file as a new dataset; it is read afterwards."""
        return self.create()


class DatasetDetailView(UploadView):
    """One dataset."""

    @extend_schema(operation_id="datasets_read", responses=serializers.DatasetSerializer, tags=["datasets"])
    def get(self, request: Request, slug: str) -> Response:
        """Show it."""
        return Response(self.shown(self.found(slug)))

    @extend_schema(
        operation_id="datasets_change",
        request=serializers.DatasetChange,
        responses=serializers.DatasetSerializer,
        tags=["datasets"],
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change its title, its description, who may see it, or where it is published."""
        dataset = self.owned(slug)
        change = serializers.DatasetChange(data=request.data)
        change.is_valid(raise_exception=True)
        asked = change.validated_data
        with transaction.atomic():
            if "title" in asked or "description" in asked:
                describe(dataset, by=self.principal, title=asked.get("title"), description=asked.get("description"))
            if "public" in asked:
                set_public(dataset, public=asked["public"], by=self.principal)
            carry_out(asked.get("publications", []), resource=dataset, by=self.principal)
        return Response(self.shown(self.found(slug)))

    @extend_schema(
        operation_id="datasets_replace", request=UPLOAD, responses=serializers.DatasetSerializer, tags=["datasets"]
    )
    def post(self, request: Request, slug: str) -> Response:
        """Replace its file; or make a dataset of this id when there is none."""
        if not Dataset.objects.filter(slug=slug).exists():
            return self.create(slug=slug)
        dataset = self.owned(slug)
        file, parts = self.uploaded()
        try:
            dataset = replace_data(dataset, upload=file, by=self.principal)
        except Dataset.DoesNotExist:
            raise Http404(_("There is no such dataset.")) from None
        if parts.get("title") or parts.get("description"):
            describe(dataset, by=self.principal, title=parts.get("title"), description=parts.get("description"))
        return Response(self.shown(dataset))

    @extend_schema(
        operation_id="datasets_put", request=UPLOAD, responses=serializers.DatasetSerializer, tags=["datasets"]
    )
    def put(self, request: Request, slug: str) -> Response:
        """Do as POST does."""
        return self.post(request, slug)

    @extend_schema(operation_id="datasets_delete", responses={204: None}, tags=["datasets"])
    def delete(self, request: Request, slug: str) -> Response:
        """Delete it and its files; for administrators, as in Data Fair."""
        delete_dataset(self.owned(slug, minimum=Role.ADMIN), by=self.principal)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SchemaView(DatasetView):
    """The columns of a dataset."""

    @extend_schema(operation_id="datasets_schema", responses={200: list[dict[str, Any]]}, tags=["datasets"])
    def get(self, request: Request, slug: str) -> Response:
        """Give its columns: key, type, format, original name."""
        return Response(self.found(slug).columns)


class JournalView(DatasetView):
    """What happened to a dataset."""

    @extend_schema(
        operation_id="datasets_journal", responses=serializers.JournalSerializer(many=True), tags=["datasets"]
    )
    def get(self, request: Request, slug: str) -> Response:
        """Give its events, newest first, to contributors: a bare array, as Data Fair does."""
        dataset = self.owned(slug)
        return Response(entries(dataset, resource_type="dataset"))

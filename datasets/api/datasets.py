"""Datasets in the API: list, upload, show, change, replace, delete, and their journal."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.openapi import ETAG
from accounts.parsers import StrictJSONParser
from accounts.permissions import Permission
from datasets.api import serializers
from datasets.api.base import DatasetView, create_or_change
from datasets.api.errors import LengthRequired
from datasets.api.filters import filter_resources, select_fields
from datasets.api.journal import entries
from datasets.api.pagination import page_bounds
from datasets.api.publications import WITH_PUBLICATIONS, apply_changes
from datasets.files.uploads import refuse_too_large
from datasets.models import Dataset
from datasets.models.dataset import DatasetQuerySet
from datasets.services import editing
from datasets.services.datasets import change_dataset, create_dataset, delete_dataset, replace_data, share_dataset
from datasets.types import Json

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


class SerializingView(DatasetView):
    """A view that returns datasets."""

    def get_queryset(self) -> DatasetQuerySet:
        """Return the datasets that the caller may see, with their publications."""
        return super().get_queryset().prefetch_related(WITH_PUBLICATIONS)

    def serialize(self, dataset: Dataset) -> Json:
        """Return the dataset as the caller may see it."""
        return dict(serializers.DatasetSerializer(dataset, context={"account": self.account}).data)

    def answer(self, dataset: Dataset, *, created: bool = False) -> Response:
        """Return the dataset with its ETag."""
        body = self.serialize(dataset)
        if not created:
            return self.tagged(body, edition=editing.edition(dataset))
        where = {"Location": body["href"]}
        return self.tagged(body, edition=editing.edition(dataset), status=status.HTTP_201_CREATED, headers=where)


class UploadView(SerializingView):
    """A view that accepts a file."""

    parser_classes = [MultiPartParser, StrictJSONParser, FormParser]

    def validated_upload(self) -> tuple[File[bytes], Json]:
        """Return the file and the other parts; raise 411, 413, or 400 when there is no file."""
        request = self.request
        refuse_too_large(request._request)
        if not request.META.get("CONTENT_LENGTH"):
            raise LengthRequired(_("The length of the request is missing (Content-Length)."))
        data: Any = request.data
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
        """Create a dataset of the caller's account; 201."""
        caller = self.member
        self.demand(Permission.CREATE_DATASET, owner=caller.account)
        file, parts = self.validated_upload()
        dataset = create_dataset(
            account=caller.account,
            upload=file,
            by=caller.principal,
            title=parts.get("title", ""),
            description=parts.get("description", ""),
            is_public=parts["public"],
            slug=slug,
        )
        return self.answer(dataset, created=True)

    def replace(self, dataset: Dataset) -> Response:
        """Replace the file of a dataset, and the title or description that come with it; 200."""
        file, parts = self.validated_upload()
        words = {name: parts[name] for name in ("title", "description") if parts.get(name)}
        try:
            with editing.checked(dataset, self.check):
                dataset = replace_data(dataset, upload=file, by=self.principal)
                if words:
                    dataset = change_dataset(dataset, by=self.principal, **words)
        except Dataset.DoesNotExist:
            raise Http404(_("There is no such dataset.")) from None
        return self.answer(dataset)


class DatasetListView(UploadView):
    """The list of datasets, and uploads of new ones."""

    permissions = {"GET": Permission.READ_DATASETS, "POST": Permission.CREATE_DATASET}

    @extend_schema(
        operation_id="datasets_list",
        parameters=LIST_PARAMETERS,
        responses=serializers.DatasetListSerializer,
        tags=["datasets"],
    )
    def get(self, request: Request) -> Response:
        """Return a page of the caller's datasets and of the public ones."""
        parameters = request.query_params.dict()
        found = filter_resources(self.get_queryset(), parameters)
        size, skip = page_bounds(parameters)
        results = [self.serialize(dataset) for dataset in found[skip : skip + size]]
        return Response({"count": found.count(), "results": select_fields(results, parameters.get("select", ""))})

    @extend_schema(
        operation_id="datasets_create",
        parameters=[ETAG],
        request=UPLOAD,
        responses={201: serializers.DatasetSerializer},
        tags=["datasets"],
    )
    def post(self, request: Request) -> Response:
        """Upload a file as a new dataset; a worker reads it afterwards."""
        return self.create()


class DatasetDetailView(UploadView):
    """One dataset."""

    conditional: ClassVar[frozenset[str]] = frozenset({"GET", "PATCH", "POST", "PUT", "DELETE"})

    @extend_schema(operation_id="datasets_read", responses=serializers.DatasetSerializer, tags=["datasets"])
    def get(self, request: Request, slug: str) -> Response:
        """Return it."""
        return self.answer(self.get_object(slug))

    @extend_schema(
        operation_id="datasets_change",
        request=serializers.DatasetChange,
        responses=serializers.DatasetSerializer,
        tags=["datasets"],
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change its title, its description, who may see it, or where it is published."""
        dataset = self.get_owned(slug)
        change = serializers.DatasetChange(data=request.data)
        change.is_valid(raise_exception=True)
        data = change.validated_data
        with editing.checked(dataset, self.check):
            # First: a dataset made private is taken off its catalogues, which need not be updated before.
            if "public" in data:
                share_dataset(dataset, public=data["public"], by=self.principal)
            words = {name: data[name] for name in ("title", "description") if name in data}
            if words:
                dataset = change_dataset(dataset, by=self.principal, **words)
            apply_changes(data.get("publications", []), resource=dataset, by=self.principal)
        return self.answer(self.get_object(slug))

    @extend_schema(
        operation_id="datasets_replace",
        request=UPLOAD,
        responses={200: serializers.DatasetSerializer, 201: serializers.DatasetSerializer},
        tags=["datasets"],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Replace its file, or create a dataset with this id when there is none."""
        return create_or_change(
            self,
            slug,
            Dataset,
            create=lambda: self.create(slug=slug),
            change=lambda: self.replace(self.get_owned(slug)),
        )

    @extend_schema(
        operation_id="datasets_put",
        request=UPLOAD,
        responses={200: serializers.DatasetSerializer, 201: serializers.DatasetSerializer},
        tags=["datasets"],
    )
    def put(self, request: Request, slug: str) -> Response:
        """Do the same as POST."""
        return self.post(request, slug)

    @extend_schema(operation_id="datasets_delete", responses={204: None}, tags=["datasets"])
    def delete(self, request: Request, slug: str) -> Response:
        """Delete it and its files; only administrators may, as in Data Fair."""
        dataset = self.get_owned(slug)
        with editing.checked(dataset, self.check):
            delete_dataset(dataset, by=self.principal)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SchemaView(DatasetView):
    """The columns of a dataset."""

    @extend_schema(operation_id="datasets_schema", responses={200: list[Json]}, tags=["datasets"])
    def get(self, request: Request, slug: str) -> Response:
        """Return its columns: key, type, format, original name."""
        return Response(self.get_object(slug).columns)


class JournalView(DatasetView):
    """The journal of a dataset."""

    permissions = {"GET": Permission.READ_DATASET_JOURNAL}

    @extend_schema(
        operation_id="datasets_journal", responses=serializers.JournalSerializer(many=True), tags=["datasets"]
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return its events, newest first, to contributors: a bare array, as in Data Fair."""
        dataset = self.get_owned(slug)
        return Response(entries(dataset, resource_type="dataset"))

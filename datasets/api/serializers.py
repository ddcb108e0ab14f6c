"""Datasets in the API, with Data Fair's names: what is returned, and what can be set."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets.api.publications import PublicationChange, PublicationSerializer, serialize_publications
from datasets.models import Dataset
from datasets.types import Json


class OwnerSerializer(serializers.Serializer[Any]):
    """The account that owns a resource."""

    type = serializers.ChoiceField(["user", "organization"])
    id = serializers.CharField()
    name = serializers.CharField(required=False)


class FileSerializer(serializers.Serializer[Any]):
    """A file: its name, size in bytes, media type and, once it has been read, encoding."""

    name = serializers.CharField()
    size = serializers.IntegerField()
    mimetype = serializers.CharField()
    encoding = serializers.CharField(required=False)


class DatasetSerializer(serializers.Serializer[Dataset]):
    """A dataset; `originalFile` is the last upload, `file` the one whose rows are served (null: none yet)."""

    id = serializers.CharField(source="slug")
    slug = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    owner = OwnerSerializer(source="account.as_owner")
    status = serializers.ChoiceField(Dataset.Status.choices)
    errorMessage = serializers.CharField(source="error_text")
    public = serializers.BooleanField(source="is_public")
    visibility = serializers.ChoiceField(["public", "private"])
    originalFile = serializers.SerializerMethodField("original_file")
    file = serializers.SerializerMethodField("served_file")
    schema = serializers.JSONField()
    count = serializers.IntegerField(source="row_count", allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at")
    createdBy = serializers.SerializerMethodField("creator")
    updatedAt = serializers.DateTimeField(source="updated_at")
    dataUpdatedAt = serializers.DateTimeField(source="data_updated_at")
    publications = serializers.SerializerMethodField("visible_publications")
    href = serializers.SerializerMethodField("api_url")
    page = serializers.SerializerMethodField("page_url")

    @extend_schema_field(PublicationSerializer(many=True))
    def visible_publications(self, dataset: Dataset) -> list[Json]:
        """Return where it is published, to members."""
        return serialize_publications(dataset, self.context)

    def original_file(self, dataset: Dataset) -> Json:
        """Return the last upload."""
        name, size, mimetype = dataset.last_file
        return {"name": name, "size": size, "mimetype": mimetype}

    def served_file(self, dataset: Dataset) -> Json | None:
        """Return the file whose rows are served."""
        if not dataset.has_data:
            return None
        return {
            "name": dataset.file_name,
            "size": dataset.file_size,
            "mimetype": dataset.file_mimetype,
            "encoding": dataset.file_encoding,
        }

    def creator(self, dataset: Dataset) -> Json:
        """Return who uploaded the first file."""
        return {"id": dataset.created_by.id, "name": dataset.created_by.name}

    def api_url(self, dataset: Dataset) -> str:
        """Return the URL of the dataset in the API."""
        return f"{settings.PUBLIC_URL}{dataset.api_path}"

    def page_url(self, dataset: Dataset) -> str:
        """Return the URL of its page."""
        return f"{settings.PUBLIC_URL}{dataset.get_absolute_url()}"


class DatasetListSerializer(serializers.Serializer[Any]):
    """A page of datasets, and their number in all."""

    count = serializers.IntegerField()
    results = DatasetSerializer(many=True)


class LinesSerializer(serializers.Serializer[Any]):
    """A page of rows, `{"_i": number in the file, key: value…}`, and the number of rows that match."""

    total = serializers.IntegerField()
    next = serializers.URLField(required=False)
    results = serializers.ListField(child=serializers.DictField())


class JournalSerializer(serializers.Serializer[Any]):
    """An event of a journal."""

    type = serializers.CharField(help_text="As Data Fair names it, such as `finalize-end`")
    date = serializers.DateTimeField()
    data = serializers.CharField(required=False)  # type: ignore[assignment]  # a field, as DRF has it
    href = serializers.URLField(required=False)


class VisibilitySerializer(serializers.Serializer[Any]):
    """Changes of a resource, of which `public` and `visibility` are two names for the same thing."""

    public = serializers.BooleanField(required=False)
    visibility = serializers.ChoiceField(["public", "private"], required=False)

    def validate(self, attrs: Json) -> Json:
        """Refuse unknown names, as Data Fair does, so that none is lost silently; read `visibility` as `public`."""
        unknown = sorted(set(self.initial_data) - set(self.fields))
        if unknown:
            raise serializers.ValidationError({name: [_("This cannot be changed.")] for name in unknown})
        if "visibility" in attrs:
            attrs.setdefault("public", attrs["visibility"] == "public")
        return attrs


class DatasetChange(VisibilitySerializer):
    """The fields of a dataset that can be changed."""

    title = serializers.CharField(max_length=300, required=False)
    description = serializers.CharField(max_length=20_000, allow_blank=True, required=False, trim_whitespace=False)
    publications = PublicationChange(many=True, required=False)


class DatasetUpload(serializers.Serializer[Any]):
    """The parts of an upload."""

    file = serializers.FileField(required=False)
    title = serializers.CharField(max_length=300, required=False, allow_blank=True)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    public = serializers.BooleanField(required=False, default=False)

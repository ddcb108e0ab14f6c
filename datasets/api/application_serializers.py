"""Visualisations in the API, where Data Fair calls them applications: what is returned, and what can be set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Account
from datasets.api.publications import PublicationChange, PublicationSerializer, serialize_publications
from datasets.api.serializers import OwnerSerializer, VisibilitySerializer
from datasets.charts.spec import Aggregate, Chart, Mark, NotDrawable
from datasets.models import Dataset, Visualisation
from datasets.services.drawings import compute_points
from datasets.types import Json


class DatasetReference(serializers.Serializer[Any]):
    """A dataset, named by its URL in the API or by its id."""

    href = serializers.CharField(required=False, max_length=600)
    id = serializers.CharField(required=False, max_length=100)
    title = serializers.CharField(required=False, max_length=300)


class ApplicationSerializer(serializers.Serializer[Visualisation]):
    """A visualisation; `url` is its picture, `errorMessage` says to members why it cannot be drawn."""

    id = serializers.CharField(source="slug")
    slug = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    owner = OwnerSerializer(source="account.as_owner")
    status = serializers.ChoiceField(Visualisation.Status.choices)
    errorMessage = serializers.SerializerMethodField("error_message")
    errorMessageDraft = serializers.SerializerMethodField("error_message_draft")
    public = serializers.BooleanField(source="is_public")
    visibility = serializers.ChoiceField(["public", "private"])
    datasets = serializers.SerializerMethodField("visible_datasets")
    publications = serializers.SerializerMethodField("visible_publications")
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")
    url = serializers.SerializerMethodField("picture_url")
    href = serializers.SerializerMethodField("api_url")
    page = serializers.SerializerMethodField("page_url")

    def _is_member(self, visualisation: Visualisation) -> bool:
        return bool(self.context.get("account") == visualisation.account)

    def error_message(self, visualisation: Visualisation) -> str:
        """Return why it cannot be drawn, to members."""
        return visualisation.error if self._is_member(visualisation) else ""

    def error_message_draft(self, visualisation: Visualisation) -> str:
        """Return the error that was reported of a draft, to members."""
        return visualisation.draft_error if self._is_member(visualisation) else ""

    @extend_schema_field(DatasetReference(many=True))
    def visible_datasets(self, visualisation: Visualisation) -> list[Json]:
        """Return its dataset, to those who may see it."""
        dataset = visible_dataset(visualisation, self.context.get("account"))
        return [dataset_reference(dataset)] if dataset else []

    @extend_schema_field(PublicationSerializer(many=True))
    def visible_publications(self, visualisation: Visualisation) -> list[Json]:
        """Return where it is published, to members."""
        return serialize_publications(visualisation, self.context)

    def picture_url(self, visualisation: Visualisation) -> str:
        """Return the URL of its picture, an SVG."""
        return f"{settings.PUBLIC_URL}{visualisation.get_absolute_url()}/chart.svg"

    def api_url(self, visualisation: Visualisation) -> str:
        """Return its URL in the API."""
        return f"{settings.PUBLIC_URL}{visualisation.api_path}"

    def page_url(self, visualisation: Visualisation) -> str:
        """Return the URL of its page."""
        return f"{settings.PUBLIC_URL}{visualisation.get_absolute_url()}"


class ApplicationListSerializer(serializers.Serializer[Any]):
    """A page of visualisations, and their number in all."""

    count = serializers.IntegerField()
    results = ApplicationSerializer(many=True)


class ConfigurationChange(serializers.Serializer[Any]):
    """Changes of what is drawn: what is left out stays as it is."""

    datasets = DatasetReference(many=True, required=False)
    mark = serializers.ChoiceField(Mark.choices, required=False)
    x = serializers.CharField(max_length=300, required=False)
    y = serializers.CharField(max_length=300, allow_blank=True, required=False)
    aggregate = serializers.ChoiceField(Aggregate.choices, required=False)
    colour = serializers.CharField(max_length=300, allow_blank=True, required=False)

    def validate(self, attrs: Json) -> Json:
        """Find the dataset in the account of the caller, and refuse a chart that cannot be drawn from its data.

        Return the fields that are given, the dataset as `dataset`.
        """
        visualisation: Visualisation | None = self.context.get("visualisation")
        changes = {name: str(value) for name, value in attrs.items() if name != "datasets"}
        chart = replace(visualisation.chart if visualisation else Chart(), **changes)
        if not chart.x:
            raise serializers.ValidationError({"x": [self.fields["x"].error_messages["required"]]})
        named = self._named_dataset(attrs.get("datasets"))
        dataset = named or (visualisation.dataset if visualisation else None)
        if dataset is None:
            raise serializers.ValidationError({"datasets": [_("Name a dataset of this account.")]})
        if dataset.has_data:
            try:
                compute_points(dataset, chart)
            except NotDrawable as refusal:
                raise serializers.ValidationError(str(refusal)) from refusal
        return changes | ({"dataset": named} if named else {})

    def _named_dataset(self, references: list[Json] | None) -> Dataset | None:
        """Return the dataset that is named; None when none is."""
        account: Account = self.context["account"]
        reference = (references or [{}])[0]
        slug = reference.get("id") or reference.get("href", "").rstrip("/").rpartition("/")[2]
        if not slug:
            return None
        found = Dataset.objects.of(account).filter(slug=slug).first()
        if found is None:
            raise serializers.ValidationError({"datasets": [_("Name a dataset of this account.")]})
        return found


class ConfigurationSerializer(ConfigurationChange):
    """All that is drawn: the dataset, the keys of its columns, the grouping, the mark."""

    mark = serializers.ChoiceField(Mark.choices, default=Mark.BAR)
    x = serializers.CharField(max_length=300)
    y = serializers.CharField(max_length=300, allow_blank=True, default="")
    aggregate = serializers.ChoiceField(Aggregate.choices, default=Aggregate.COUNT)
    colour = serializers.CharField(max_length=300, allow_blank=True, default="")


class ApplicationWrite(VisibilitySerializer):
    """The fields of a visualisation that can be set; Data Fair's `url` of a base application is ignored."""

    title = serializers.CharField(max_length=300, required=False)
    description = serializers.CharField(max_length=20_000, allow_blank=True, required=False, trim_whitespace=False)
    configuration = ConfigurationChange(required=False)
    publications = PublicationChange(many=True, required=False)
    url = serializers.CharField(max_length=600, required=False, allow_blank=True)


class ErrorReport(serializers.Serializer[Any]):
    """The error that a page which shows the visualisation has met."""

    message = serializers.CharField(max_length=4_000)


def dataset_reference(dataset: Dataset) -> Json:
    """Return the reference to a dataset in Data Fair's configurations."""
    return {"href": f"{settings.PUBLIC_URL}{dataset.api_path}", "id": dataset.slug, "title": dataset.title}


def visible_dataset(visualisation: Visualisation, account: Account | None) -> Dataset | None:
    """Return its dataset if it is public or `account` owns it, else None."""
    dataset = visualisation.dataset
    return dataset if dataset and (dataset.is_public or visualisation.account == account) else None


def configuration_of(visualisation: Visualisation, *, account: Account | None) -> Json:
    """Return the configuration as `account` (None: a visitor) may see it; empty when there is none yet."""
    if not visualisation.x:
        return {}
    dataset, chart = visible_dataset(visualisation, account), visualisation.chart
    return {
        "datasets": [dataset_reference(dataset)] if dataset else [],
        "mark": chart.mark,
        "x": chart.x,
        "y": chart.y,
        "aggregate": chart.aggregate,
        "colour": chart.colour,
    }

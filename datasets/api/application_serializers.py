"""What a visualisation, which Data Fair calls an application, looks like in the API, and what may be written of it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Account
from datasets.api.publications import PublicationSerializer, PublicationWish, shown_publications
from datasets.api.serializers import OwnerSerializer
from datasets.charts.spec import Aggregate, Chart, Mark, NotDrawable
from datasets.models import Dataset, Visualisation
from datasets.services.drawings import points_of

Json = dict[str, Any]  # Any: JSON


class DatasetReference(serializers.Serializer[Any]):  # Any: a dict
    """A dataset, named by its address in the API or by its id."""

    href = serializers.CharField(required=False, max_length=600)
    id = serializers.CharField(required=False, max_length=100)
    title = serializers.CharField(required=False, max_length=300)


class ApplicationSerializer(serializers.Serializer[Visualisation]):
    """A visualisation; `url` is its picture, `errorMessage` why it cannot be drawn (for members)."""

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
    datasets = serializers.SerializerMethodField("datasets_shown")
    publications = serializers.SerializerMethodField("publications_shown")
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")
    url = serializers.SerializerMethodField("picture_url")
    href = serializers.SerializerMethodField("api_url")
    page = serializers.SerializerMethodField("page_url")

    def _is_member(self, visualisation: Visualisation) -> bool:
        return bool(self.context.get("account") == visualisation.account)

    def error_message(self, visualisation: Visualisation) -> str:
        """Give the reason to members only."""
        return visualisation.error if self._is_member(visualisation) else ""

    def error_message_draft(self, visualisation: Visualisation) -> str:
        """Give what was reported of a draft, to members only."""
        return visualisation.draft_error if self._is_member(visualisation) else ""

    @extend_schema_field(DatasetReference(many=True))
    def datasets_shown(self, visualisation: Visualisation) -> list[Json]:
        """Name its dataset to those who may see it."""
        dataset = seen_dataset(visualisation, self.context.get("account"))
        return [reference_to(dataset)] if dataset else []

    @extend_schema_field(PublicationSerializer(many=True))
    def publications_shown(self, visualisation: Visualisation) -> list[Json]:
        """Say to members where it is published."""
        return shown_publications(visualisation, self.context)

    def picture_url(self, visualisation: Visualisation) -> str:
        """Give the address of its picture, as SVG."""
        return f"{settings.PUBLIC_URL}{visualisation.get_absolute_url()}/chart.svg"

    def api_url(self, visualisation: Visualisation) -> str:
        """Give its address in the API."""
        return f"{settings.PUBLIC_URL}{visualisation.api_path}"

    def page_url(self, visualisation: Visualisation) -> str:
        """Give the address of its page."""
        return f"{settings.PUBLIC_URL}{visualisation.get_absolute_url()}"


class ApplicationListSerializer(serializers.Serializer[Any]):  # Any: a dict
    """A page of visualisations, and how many there are in all."""

    count = serializers.IntegerField()
    results = ApplicationSerializer(many=True)


class ConfigurationSerializer(serializers.Serializer[Any]):  # Any: a dict
    """What is drawn: of which dataset, which columns (their keys), grouped how, by what mark."""

    datasets = DatasetReference(many=True, required=False)
    mark = serializers.ChoiceField(Mark.choices, default=Mark.BAR)
    x = serializers.CharField(max_length=300)
    y = serializers.CharField(max_length=300, allow_blank=True, default="")
    aggregate = serializers.ChoiceField(Aggregate.choices, default=Aggregate.COUNT)
    colour = serializers.CharField(max_length=300, allow_blank=True, default="")

    def validate(self, attrs: Json) -> Json:
        """Find the dataset in the account of the caller and try the chart on its data, if there is any."""
        dataset = self._dataset(attrs.get("datasets"))
        chart = Chart(**{name: str(attrs[name]) for name in ("mark", "x", "y", "aggregate", "colour")})
        if dataset.has_data:
            try:
                points_of(dataset, chart)
            except NotDrawable as refusal:
                raise serializers.ValidationError(str(refusal)) from refusal
        return {"dataset": dataset, "chart": chart}

    def _dataset(self, references: list[Json] | None) -> Dataset:
        account: Account = self.context["account"]
        named = (references or [{}])[0]
        slug = named.get("id") or named.get("href", "").rstrip("/").rpartition("/")[2]
        kept: Dataset | None = self.context.get("dataset")
        dataset = Dataset.objects.of(account).filter(slug=slug).first() if slug else kept
        if dataset is None:
            raise serializers.ValidationError({"datasets": [_("Name a dataset of this account.")]})
        return dataset


class ApplicationWrite(serializers.Serializer[Any]):  # Any: no instance
    """What may be written of a visualisation. Data Fair's `url` of a base application is taken and not used."""

    title = serializers.CharField(max_length=300, required=False)
    description = serializers.CharField(max_length=20_000, allow_blank=True, required=False, trim_whitespace=False)
    public = serializers.BooleanField(required=False)
    visibility = serializers.ChoiceField(["public", "private"], required=False)
    configuration = ConfigurationSerializer(required=False)
    publications = PublicationWish(many=True, required=False)
    url = serializers.CharField(max_length=600, required=False, allow_blank=True)

    def validate(self, attrs: Json) -> Json:
        """Refuse names that are not known; read `visibility` as `public`."""
        unknown = sorted(set(self.initial_data) - set(self.fields))
        if unknown:
            raise serializers.ValidationError({name: [_("This cannot be changed.")] for name in unknown})
        if "visibility" in attrs:
            attrs.setdefault("public", attrs["visibility"] == "public")
        return attrs


class ErrorReport(serializers.Serializer[Any]):  # Any: no instance
    """What a page that shows the visualisation found not to work."""

    message = serializers.CharField(max_length=4_000)


def reference_to(dataset: Dataset) -> Json:
    """Name a dataset as Data Fair's configurations do."""
    return {"href": f"{settings.PUBLIC_URL}{dataset.api_path}", "id": dataset.slug, "title": dataset.title}


def seen_dataset(visualisation: Visualisation, account: Account | None) -> Dataset | None:
    """Give its dataset to those who may see it, be it that they act for `account`."""
    dataset = visualisation.dataset
    return dataset if dataset and (dataset.is_public or visualisation.account == account) else None


def configuration_of(visualisation: Visualisation, *, account: Account | None) -> Json:
    """Give the configuration as `account` (None: a visitor) may see it; an empty object when there is none yet."""
    if not visualisation.x:
        return {}
    dataset, chart = seen_dataset(visualisation, account), visualisation.chart
    return {
        "datasets": [reference_to(dataset)] if dataset else [],
        "mark": chart.mark,
        "x": chart.x,
        "y": chart.y,
        "aggregate": chart.aggregate,
        "colour": chart.colour,
    }

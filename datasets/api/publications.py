"""The publications of a dataset or a visualisation in the API, as in Data Fair: shown to members, and changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers

from accounts.principal import Principal
from datasets.api.errors import NotPublishable
from datasets.models import Catalog, Publication, Resource
from datasets.services import publications
from datasets.types import Json

WITH_PUBLICATIONS = Prefetch("publications", Publication.objects.select_related("catalog").order_by("pk"))
"""For lists: loads the publications of all items at once."""


class PublicationSerializer(serializers.Serializer[Publication]):
    """A publication; `catalog` is the id of the catalogue."""

    id = serializers.CharField(source="pk")
    catalog = serializers.CharField(source="catalog.slug")
    status = serializers.ChoiceField(Publication.Status.choices)
    publishedAt = serializers.DateTimeField(source="published_at", allow_null=True)
    targetUrl = serializers.CharField(source="target_url")
    error = serializers.CharField()


class PublicationChange(serializers.Serializer[Any]):
    """`waiting` publishes or updates, `deleted` unpublishes; any other status, as it was read, changes nothing."""

    catalog = serializers.CharField(max_length=100)
    status = serializers.ChoiceField(Publication.Status.choices, default=Publication.Status.WAITING)


def serialize_publications(resource: Resource, context: Mapping[str, Any]) -> list[Json]:
    """Return the publications if the `account` in `context` owns the resource; else none."""
    if context.get("account") != resource.account:
        return []
    return [dict(PublicationSerializer(publication).data) for publication in resource.publications.all()]


def apply_changes(changes: Sequence[Mapping[str, str]], *, resource: Resource, by: Principal) -> None:
    """Publish and unpublish; raise 400 for a catalogue of another account, 409 when it cannot be published."""
    catalogs = {catalog.slug: catalog for catalog in Catalog.objects.of(resource.account)} if changes else {}
    unknown = [index for index, change in enumerate(changes) if change["catalog"] not in catalogs]
    if unknown:
        errors = {f"publications.{index}.catalog": [_("There is no such catalog.")] for index in unknown}
        raise exceptions.ValidationError(errors)
    for change in changes:
        catalog = catalogs[change["catalog"]]
        if change["status"] == Publication.Status.DELETED:
            publications.unpublish(resource, catalog=catalog, by=by)
        elif change["status"] == Publication.Status.WAITING:
            try:
                publications.publish(resource, catalog=catalog, by=by)
            except publications.NotPublishable as refusal:
                raise NotPublishable(str(refusal)) from refusal

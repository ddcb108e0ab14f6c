"""Where a dataset or a visualisation is published, as Data Fair's `publications` say and ask it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers, status

from accounts.principal import Principal
from datasets.models import Catalog, Publication, Resource
from datasets.services import publications

WITH_PUBLICATIONS = Prefetch("publications", Publication.objects.select_related("catalog").order_by("pk"))
"""What a list brings along, so that each of its items knows its publications."""


class NotPublishable(exceptions.APIException):
    """Its state does not allow it to be published."""

    status_code = status.HTTP_409_CONFLICT


class PublicationSerializer(serializers.Serializer[Publication]):
    """One publication; `catalog` is the catalogue's id."""

    id = serializers.CharField(source="pk")
    catalog = serializers.CharField(source="catalog.slug")
    status = serializers.ChoiceField(Publication.Status.choices)
    publishedAt = serializers.DateTimeField(source="published_at", allow_null=True)
    targetUrl = serializers.CharField(source="target_url")
    error = serializers.CharField()


class PublicationWish(serializers.Serializer[Any]):  # Any: no instance
    """`waiting` publishes, or renews; `deleted` takes off; any other status, as it was read, changes nothing."""

    catalog = serializers.CharField(max_length=100)
    status = serializers.ChoiceField(Publication.Status.choices, default=Publication.Status.WAITING)


def shown_publications(resource: Resource, context: Mapping[str, Any]) -> list[dict[str, Any]]:  # Any: JSON
    """Give the publications to those whom `context` says to act for the account that owns it; to others none."""
    if context.get("account") != resource.account:
        return []
    return [dict(PublicationSerializer(publication).data) for publication in resource.publications.all()]


def carry_out(wishes: Sequence[Mapping[str, str]], *, resource: Resource, by: Principal) -> None:
    """Do what `wishes` ask; raise 400 for a catalogue that is not the account's, 409 when it cannot be published."""
    catalogs = {catalog.slug: catalog for catalog in Catalog.objects.of(resource.account)} if wishes else {}
    unknown = [index for index, wish in enumerate(wishes) if wish["catalog"] not in catalogs]
    if unknown:
        errors = {f"publications.{index}.catalog": [_("There is no such catalog.")] for index in unknown}
        raise exceptions.ValidationError(errors)
    for wish in wishes:
        catalog = catalogs[wish["catalog"]]
        if wish["status"] == Publication.Status.DELETED:
            publications.unpublish(resource, catalog=catalog, by=by)
        elif wish["status"] == Publication.Status.WAITING:
            try:
                publications.publish(resource, catalog=catalog, by=by)
            except publications.NotPublishable as refusal:
                raise NotPublishable(str(refusal)) from refusal

"""Datasets, visualisations, catalogues and publications in the operators' admin, to read only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin_classes import ReadOnly, ReadOnlyAdmin
from accounts.models import Account
from datasets.models import Catalog, Dataset, Publication, Visualisation


class SlugAdmin(ReadOnlyAdmin):
    """A list, the newest first, searched by exact slug; `slug_lookups` and `account_lookup` say where."""

    ordering = ["-id"]
    search_fields = ["slug"]
    search_help_text = _("The id of a resource or of an account")
    slug_lookups = ["slug"]
    account_lookup = "account"
    deferred_fields: list[str] = []

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out the large columns."""
        return super().get_queryset(request).defer(*self.deferred_fields)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search by slugs, which are indexed: a search within texts would read the whole table."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(**{f"{self.account_lookup}__in": Account.objects.filter(slug=term)})
        for lookup in self.slug_lookups:
            found |= Q(**{lookup: term})
        return queryset.filter(found), False


class PublicationInline(ReadOnly, admin.TabularInline[Publication, Any]):
    """The publications of a dataset or a visualisation, on its page."""

    model = Publication
    fields = ["catalog", "status", "error", "target_url", "published_at", "requester_name", "requested_at"]
    ordering = ["id"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Publication]:
        """Load the catalogues, too."""
        return super().get_queryset(request).select_related("catalog")


@admin.register(Dataset)
class DatasetAdmin(SlugAdmin):
    """Datasets, and the state of the reading of their files."""

    list_display = ["title", "account", "status", "is_public", "row_count", "updated_at"]
    list_filter = ["status", "is_public"]
    list_select_related = ["account"]
    deferred_fields = ["schema"]
    fields = [
        *("title", "slug", "account", "description", "is_public", "status", "reading_error"),
        *("file_name", "file_size", "file_mimetype", "file_encoding", "row_count"),
        *("incoming_name", "incoming_size", "revision", "version", "ingest_attempts", "ingesting_until"),
        *("author_name", "created_at", "updated_at", "data_updated_at"),
    ]
    inlines = [PublicationInline]

    @admin.display(description=_("error"))
    def reading_error(self, dataset: Dataset) -> str:
        """Return why the last file cannot be read."""
        return dataset.error_text


@admin.register(Visualisation)
class VisualisationAdmin(SlugAdmin):
    """Visualisations, and the state of their drawing."""

    list_display = ["title", "account", "dataset", "status", "is_public", "updated_at"]
    list_filter = ["status", "is_public"]
    list_select_related = ["account", "dataset"]
    deferred_fields = ["figures", "dataset__schema", "dataset__description"]
    fields = [
        *("title", "slug", "account", "dataset", "description", "is_public"),
        *("mark", "x", "y", "aggregate", "colour", "status", "error", "draft_error", "caption", "footnote"),
        *("revision", "drawn_version", "drawn_revision", "created_at", "updated_at"),
    ]
    inlines = [PublicationInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Visualisation]:
        """Load the datasets without their schema."""
        return super().get_queryset(request).select_related("account", "dataset")


@admin.register(Catalog)
class CatalogAdmin(SlugAdmin):
    """Catalogues."""

    list_display = ["title", "account", "kind", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["account"]
    fields = ["title", "slug", "account", "description", "kind", "created_at", "updated_at"]


@admin.register(Publication)
class PublicationAdmin(SlugAdmin):
    """Publications: what is on which catalogue, what waits, and what was refused."""

    list_display = ["__str__", "account", "status", "error", "published_at", "requested_at", "requester_name"]
    list_filter = ["status"]
    slug_lookups = ["catalog__slug", "dataset__slug", "visualisation__slug"]
    account_lookup = "catalog__account"
    deferred_fields = [
        "dataset__schema",
        "dataset__description",
        "visualisation__figures",
        "visualisation__description",
    ]
    fields = [
        *("catalog", "account", "dataset", "visualisation", "status", "error", "target_url"),
        *("published_at", "requested_at", "requester_kind", "requester_name"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Publication]:
        """Load what a row names."""
        return super().get_queryset(request).select_related("catalog__account", "dataset", "visualisation")

    @admin.display(description=_("account"))
    def account(self, publication: Publication) -> str:
        """Return the account that owns the catalogue."""
        return str(publication.catalog.account)

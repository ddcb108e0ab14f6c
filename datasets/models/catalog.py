"""Catalogues, and the publications of datasets and visualisations on them."""

from __future__ import annotations

from typing import cast

from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.principal import Kind, Principal
from datasets.models.dataset import Dataset
from datasets.models.search import has_words
from datasets.models.visualisation import Visualisation

Resource = Dataset | Visualisation


class CatalogQuerySet(models.QuerySet["Catalog"]):
    """Queries for catalogues."""

    def of(self, account: Account) -> CatalogQuerySet:
        """Return the catalogues of `account`, by title."""
        return self.filter(account=account).order_by("title", "pk")

    def search(self, text: str) -> CatalogQuerySet:
        """Return those whose title, description or slug contains every word of `text`."""
        return self.filter(has_words(text, "title", "description", "slug"))

    def with_visible_count(self) -> CatalogQuerySet:
        """Annotate each with `visible_count`, the number of publications that its page shows."""
        visible = Publication.objects.visible().filter(catalog=OuterRef("pk")).order_by().values("catalog")
        return self.annotate(visible_count=Coalesce(Subquery(visible.annotate(count=Count("pk")).values("count")), 0))


class Catalog(models.Model):
    """A place where datasets and visualisations are published; `kind` names its connector in `datasets.catalogs`."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="catalogs")
    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    kind = models.CharField(_("type"), max_length=30, default="local")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CatalogQuerySet.as_manager()

    class Meta:
        verbose_name = _("catalog")
        verbose_name_plural = _("catalogs")
        indexes = [models.Index(fields=["account", "title"], name="catalog_of_account")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the path of the catalogue's public page."""
        return f"/catalog/{self.slug}/"

    @property
    def api_path(self) -> str:
        """The path of the catalogue in the API, below PUBLIC_URL."""
        return f"/api/v1/catalogs/{self.slug}"


class PublicationQuerySet(models.QuerySet["Publication"]):
    """Queries for publications."""

    def about(self, resource: Resource) -> PublicationQuerySet:
        """Return the publications of a dataset or a visualisation, by the title of the catalogue."""
        of_it = Q(dataset=resource) if isinstance(resource, Dataset) else Q(visualisation=resource)
        return self.filter(of_it).select_related("catalog").order_by("catalog__title", "pk")

    def visible(self) -> PublicationQuerySet:
        """Return what the pages of catalogues show: published, public, and with data if it is a dataset."""
        datasets = Q(dataset__is_public=True, dataset__version__gt=0)
        visualisations = Q(visualisation__is_public=True)
        return self.filter(datasets | visualisations, status=Publication.Status.PUBLISHED)

    def search(self, text: str) -> PublicationQuerySet:
        """Return those of a resource whose title or description contains every word of `text`."""
        fields = ("dataset__title", "dataset__description", "visualisation__title", "visualisation__description")
        return self.filter(has_words(text, *fields))

    def with_resources(self) -> PublicationQuerySet:
        """Load what the page of a catalogue shows of each, the latest published first."""
        loaded = self.select_related("dataset", "visualisation").defer("visualisation__figures")
        return loaded.order_by("-published_at", "-pk")

    def waiting(self) -> PublicationQuerySet:
        """Return those whose request has not been processed yet."""
        return self.filter(status__in=[Publication.Status.WAITING, Publication.Status.DELETED])


class Publication(models.Model):
    """A dataset or a visualisation on a catalogue: to be published, published, to be removed, or in error.

    `published_at` is when it was first put on the catalogue. The requester is who asked for the last change of it, and
    the author of the event that tells of its outcome.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("being published")
        PUBLISHED = "published", _("published")
        ERROR = "error", _("in error")
        DELETED = "deleted", _("being removed")

    catalog = models.ForeignKey(Catalog, on_delete=models.CASCADE, related_name="publications")
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, null=True, related_name="publications")
    visualisation = models.ForeignKey(Visualisation, on_delete=models.CASCADE, null=True, related_name="publications")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    error = models.TextField(blank=True)
    target_url = models.CharField(max_length=600, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    requester_kind = models.CharField(max_length=10, default="worker")
    requester_id = models.CharField(max_length=40, blank=True)
    requester_name = models.CharField(max_length=150, blank=True)
    requested_at = models.DateTimeField()

    objects = PublicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        indexes = [
            models.Index(
                fields=["requested_at"], condition=Q(status__in=["waiting", "deleted"]), name="publication_to_carry_out"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(dataset__isnull=True) ^ Q(visualisation__isnull=True), name="publication_of_one_thing"
            ),
            models.UniqueConstraint(fields=["catalog", "dataset"], name="publication_of_dataset_once"),
            models.UniqueConstraint(fields=["catalog", "visualisation"], name="publication_of_visualisation_once"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "published", "error", "deleted"]), name="publication_status_known"
            ),
            models.CheckConstraint(condition=Q(status="error") ^ Q(error=""), name="publication_error_has_a_reason"),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published_at__isnull=False),
                name="publication_published_has_a_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource} → {self.catalog}"

    @property
    def resource(self) -> Resource:
        """What is published: a constraint keeps exactly one of the two."""
        return cast("Resource", self.dataset or self.visualisation)

    @property
    def is_current(self) -> bool:
        """Whether it is on the catalogue, or is about to be."""
        return self.status in {self.Status.WAITING, self.Status.PUBLISHED}

    @property
    def requested_by(self) -> Principal:
        """Who asked for the last change of it."""
        return Principal(kind=cast("Kind", self.requester_kind), id=self.requester_id, name=self.requester_name)

    @requested_by.setter
    def requested_by(self, principal: Principal) -> None:
        self.requester_kind = principal.kind
        self.requester_id = principal.id
        self.requester_name = principal.name

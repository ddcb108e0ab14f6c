"""A catalogue that one publishes on, and what is published there."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.principal import Principal
from datasets.models.dataset import Dataset
from datasets.models.visualisation import Visualisation

Resource = Dataset | Visualisation


class CatalogQuerySet(models.QuerySet["Catalog"]):
    """Catalogues, by whose they are."""

    def of(self, account: Account) -> CatalogQuerySet:
        """Give the catalogues of `account`, by title."""
        return self.filter(account=account).order_by("title", "pk")

    def search(self, text: str) -> CatalogQuerySet:
        """Give those whose title, description or slug contains every word of `text`."""
        found = self
        for word in text.split():
            found = found.filter(Q(title__icontains=word) | Q(description__icontains=word) | Q(slug__icontains=word))
        return found


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
        """Give the path of the catalogue's public page."""
        return f"/catalog/{self.slug}/"

    @property
    def api_path(self) -> str:
        """Give the path of the catalogue in the API, below PUBLIC_URL."""
        return f"/api/v1/catalogs/{self.slug}"


class PublicationQuerySet(models.QuerySet["Publication"]):
    """Publications, by what they publish and how far they are."""

    def about(self, resource: Resource) -> PublicationQuerySet:
        """Give the publications of a dataset or a visualisation, by catalogue."""
        of_it = Q(dataset=resource) if isinstance(resource, Dataset) else Q(visualisation=resource)
        return self.filter(of_it).select_related("catalog").order_by("catalog__title", "pk")

    def shown(self) -> PublicationQuerySet:
        """Give what a catalogue shows: published, still public, with something to see."""
        datasets = Q(dataset__is_public=True, dataset__version__gt=0)
        visualisations = Q(visualisation__is_public=True)
        return self.filter(datasets | visualisations, status=Publication.Status.PUBLISHED)

    def search(self, text: str) -> PublicationQuerySet:
        """Give those of a resource whose title or description contains every word of `text`."""
        found = self
        for word in text.split():
            in_dataset = Q(dataset__title__icontains=word) | Q(dataset__description__icontains=word)
            in_drawing = Q(visualisation__title__icontains=word) | Q(visualisation__description__icontains=word)
            found = found.filter(in_dataset | in_drawing)
        return found

    def with_resources(self) -> PublicationQuerySet:
        """Bring what a catalogue's page shows of each, the latest published first."""
        shown = self.select_related("dataset", "visualisation").defer("visualisation__figures")
        return shown.order_by("-published_at", "-pk")

    def waiting(self) -> PublicationQuerySet:
        """Give those whose catalogue has still to be told."""
        return self.filter(status__in=[Publication.Status.WAITING, Publication.Status.DELETED])


class Publication(models.Model):
    """A dataset, or a visualisation, on a catalogue: to be published, published, to be removed, or in error.

    `published_at` is when the catalogue first took it; the requester is the author of what comes of it.
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
        """Give what is published."""
        resource = self.dataset or self.visualisation
        assert resource is not None  # noqa: S101 -- narrows the type: a constraint keeps one of them
        return resource

    @property
    def requested_by(self) -> Principal:
        """Name who asked last for what happens to it."""
        return Principal(kind=self.requester_kind, id=self.requester_id, name=self.requester_name)  # type: ignore[arg-type]  # kept as text

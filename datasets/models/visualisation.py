"""Visualisations: charts of datasets, and their drawings."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from datasets.charts.spec import Aggregate, Chart, Mark
from datasets.models.dataset import Dataset
from datasets.models.search import has_words


class VisualisationQuerySet(models.QuerySet["Visualisation"]):
    """Queries for visualisations."""

    def of(self, account: Account) -> VisualisationQuerySet:
        """Return the visualisations of `account`, the latest changed first."""
        return self.filter(account=account).order_by("-updated_at", "-pk")

    def public(self) -> VisualisationQuerySet:
        """Return those that anybody may see."""
        return self.filter(is_public=True)

    def visible_to(self, account: Account | None) -> VisualisationQuerySet:
        """Return the public visualisations and those of `account` (None: a visitor)."""
        return self.filter(Q(is_public=True) | Q(account=account)) if account else self.public()

    def for_list(self) -> VisualisationQuerySet:
        """Load what a list shows of each: its dataset, not its figures."""
        return self.select_related("dataset").defer("figures")

    def search(self, text: str) -> VisualisationQuerySet:
        """Return those whose title, description, slug or dataset's title contains every word of `text`."""
        return self.filter(has_words(text, "title", "description", "slug", "dataset__title"))

    def stale(self) -> VisualisationQuerySet:
        """Return those whose data or chart changed since the last attempt to draw them."""
        drawn = Q(drawn_version=F("dataset__version"), drawn_revision=F("revision"))
        return self.filter(dataset__version__gt=0).exclude(x="").exclude(drawn)


class Visualisation(models.Model):
    """A chart: which columns of which dataset, how they are grouped, by what mark they are shown.

    `revision` counts the changes of the chart. `drawn_version` and `drawn_revision` are the data and the chart of the
    last attempt to draw it, whether it succeeded or not. `caption` says what the drawing shows, `footnote` what it
    leaves out, `figures` holds its values (`datasets.charts.table.Figures`). Without a dataset it waits for one.
    """

    class Status(models.TextChoices):
        CREATED = "created", _("to be drawn")
        CONFIGURED = "configured", _("drawn")
        ERROR = "error", _("in error")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="visualisations")
    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(_("title"), max_length=300)
    description = models.TextField(_("description"), blank=True)
    dataset = models.ForeignKey(
        Dataset, on_delete=models.CASCADE, null=True, related_name="visualisations", verbose_name=_("dataset")
    )
    mark = models.CharField(_("shape"), max_length=10, choices=Mark, default=Mark.BAR)
    x = models.CharField(_("horizontal axis"), max_length=300, blank=True)
    y = models.CharField(_("vertical axis"), max_length=300, blank=True)
    aggregate = models.CharField(_("grouping"), max_length=10, choices=Aggregate, default=Aggregate.COUNT)
    colour = models.CharField(_("colour"), max_length=300, blank=True)
    is_public = models.BooleanField(_("public"), default=False)

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.CREATED)
    error = models.TextField(blank=True)
    draft_error = models.TextField(blank=True)
    caption = models.CharField(max_length=700, blank=True)
    footnote = models.TextField(blank=True, db_column="note")
    figures = models.JSONField(default=dict, blank=True)
    revision = models.PositiveIntegerField(default=1)
    drawn_version = models.PositiveIntegerField(default=0)
    drawn_revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = VisualisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("visualisation")
        verbose_name_plural = _("visualisations")
        indexes = [models.Index(fields=["account", "-updated_at"], name="visualisation_of_account")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["created", "configured", "error"]), name="visualisation_status_known"
            ),
            models.CheckConstraint(condition=Q(status="error") ^ Q(error=""), name="visualisation_error_has_a_reason"),
            models.CheckConstraint(
                condition=Q(drawn_revision__lte=F("revision")), name="visualisation_drawn_as_it_was_configured"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the path of the visualisation's page."""
        return f"/visualisation/{self.slug}"

    @property
    def api_path(self) -> str:
        """The path of the visualisation in the API, below PUBLIC_URL."""
        return f"/api/v1/applications/{self.slug}"

    @property
    def visibility(self) -> str:
        """`public` or `private`, as in Data Fair."""
        return "public" if self.is_public else "private"

    @property
    def chart(self) -> Chart:
        """The mark, the columns and the grouping to draw."""
        return Chart(mark=self.mark, x=self.x, y=self.y, aggregate=self.aggregate, colour=self.colour)

    @property
    def drawn_key(self) -> str:
        """The version of the last drawing, in the URLs of its pictures: they can be cached for long."""
        return f"{self.drawn_version}.{self.drawn_revision}"

    @property
    def is_stale(self) -> bool:
        """Whether data or chart changed since the last attempt to draw it; False when nothing can be drawn yet."""
        if self.dataset is None or not self.x or not self.dataset.has_data:
            return False
        return (self.drawn_version, self.drawn_revision) != (self.dataset.version, self.revision)


class Drawing(models.Model):
    """One rendering of a visualisation as SVG: for the light or the dark theme, for a wide or a narrow page."""

    visualisation = models.ForeignKey(Visualisation, on_delete=models.CASCADE, related_name="drawings")
    theme = models.CharField(max_length=5)
    size = models.CharField(max_length=6)
    svg = models.TextField()

    class Meta:
        verbose_name = _("drawing")
        verbose_name_plural = _("drawings")
        constraints = [
            models.UniqueConstraint(fields=["visualisation", "theme", "size"], name="drawing_once"),
            models.CheckConstraint(condition=Q(theme__in=["light", "dark"]), name="drawing_theme_known"),
            models.CheckConstraint(condition=Q(size__in=["wide", "narrow"]), name="drawing_size_known"),
        ]

    def __str__(self) -> str:
        return f"{self.visualisation_id} {self.theme} {self.size}"

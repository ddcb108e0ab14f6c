"""A dataset: a file that was uploaded, and the table that was read from it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.principal import Principal
from datasets.errors import sentence


class DatasetQuerySet(models.QuerySet["Dataset"]):
    """Datasets, by whose they are, who may see them and what they wait for."""

    def of(self, account: Account) -> DatasetQuerySet:
        """Give the datasets of `account`, the latest changed first."""
        return self.filter(account=account).order_by("-updated_at", "-pk")

    def public(self) -> DatasetQuerySet:
        """Give what anybody may read."""
        return self.filter(is_public=True)

    def visible_to(self, account: Account | None) -> DatasetQuerySet:
        """Give the public datasets and those of `account` (None: a visitor)."""
        return self.filter(Q(is_public=True) | Q(account=account)) if account else self.public()

    def readable(self) -> DatasetQuerySet:
        """Leave out those that have no data to show yet."""
        return self.filter(version__gt=0)

    def search(self, text: str) -> DatasetQuerySet:
        """Give those whose title, description or slug contains every word of `text`."""
        found = self
        for word in text.split():
            found = found.filter(Q(title__icontains=word) | Q(description__icontains=word) | Q(slug__icontains=word))
        return found

    def awaiting_ingestion(self, now: datetime) -> DatasetQuerySet:
        """Give those with a file to read that nobody is reading now, the longest waiting first."""
        waiting = Q(status__in=[Dataset.Status.CREATED, Dataset.Status.ANALYZED])
        return self.filter(waiting).exclude(ingesting_until__gt=now).order_by("data_updated_at")


class Dataset(models.Model):
    """Columns, rows and the original file of one table of open data.

    `revision` counts the uploads; `version` is the revision whose data is served (0: none yet), and stays the old one
    until the new file was read whole. `schema` is Data Fair's: `[{"key", "type", "x-originalName", …}]`.
    """

    class Status(models.TextChoices):
        CREATED = "created", _("received")
        ANALYZED = "analyzed", _("analysed")
        FINALIZED = "finalized", _("online")
        ERROR = "error", _("in error")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="datasets")
    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(_("title"), max_length=300)
    description = models.TextField(_("description"), blank=True)
    is_public = models.BooleanField(_("public"), default=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.CREATED)
    error_code = models.CharField(max_length=40, blank=True)
    error_params = models.JSONField(default=dict, blank=True)

    file_name = models.CharField(max_length=255)
    file_size = models.PositiveBigIntegerField()
    file_mimetype = models.CharField(max_length=100)
    file_encoding = models.CharField(max_length=20, blank=True)
    incoming_name = models.CharField(max_length=255, blank=True)
    incoming_size = models.PositiveBigIntegerField(default=0)
    incoming_mimetype = models.CharField(max_length=100, blank=True)
    schema = models.JSONField(default=list, blank=True)
    row_count = models.PositiveBigIntegerField(null=True, blank=True)

    revision = models.PositiveIntegerField(default=1)
    version = models.PositiveIntegerField(default=0)
    ingest_attempts = models.PositiveSmallIntegerField(default=0)
    ingesting_until = models.DateTimeField(null=True, blank=True)

    author_kind = models.CharField(max_length=10, default="worker")
    author_id = models.CharField(max_length=40, blank=True)
    author_name = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    data_updated_at = models.DateTimeField()

    objects = DatasetQuerySet.as_manager()

    class Meta:
        verbose_name = _("dataset")
        verbose_name_plural = _("datasets")
        indexes = [
            models.Index(fields=["account", "-updated_at"], name="dataset_of_account"),
            models.Index(
                fields=["data_updated_at"],
                condition=Q(status__in=["created", "analyzed"]),
                name="dataset_to_ingest",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["created", "analyzed", "finalized", "error"]), name="dataset_status_known"
            ),
            models.CheckConstraint(condition=Q(status="error") ^ Q(error_code=""), name="dataset_error_has_a_reason"),
            models.CheckConstraint(condition=Q(version__lte=F("revision")), name="dataset_serves_what_it_received"),
            models.CheckConstraint(
                condition=~Q(status="finalized") | Q(version=F("revision"), row_count__isnull=False),
                name="dataset_finalized_serves_its_last_file",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Give the path of the dataset's page."""
        return f"/dataset/{self.slug}"

    @property
    def api_path(self) -> str:
        """Give the path of the dataset in the API, below PUBLIC_URL."""
        return f"/api/v1/datasets/{self.slug}"

    @property
    def visibility(self) -> str:
        """Say `public` or `private`, as Data Fair does."""
        return "public" if self.is_public else "private"

    @property
    def created_by(self) -> Principal:
        """Name who uploaded the first file."""
        return Principal(kind=self.author_kind, id=self.author_id, name=self.author_name)  # type: ignore[arg-type]  # kept as text

    @property
    def has_data(self) -> bool:
        """Tell whether rows can be read, be it from an earlier file."""
        return self.version > 0

    @property
    def is_processing(self) -> bool:
        """Tell whether a file is being read, or waits to be."""
        return self.status in {self.Status.CREATED, self.Status.ANALYZED}

    @property
    def columns(self) -> list[dict[str, Any]]:  # Any: JSON
        """Give the schema of the data served: `[{"key", "type", "x-originalName"}]`."""
        return list(self.schema)

    @property
    def error_text(self) -> str:
        """Say in the active language why the last file cannot be read; empty when it can."""
        return sentence(self.error_code, self.error_params) if self.error_code else ""

    @property
    def last_file(self) -> tuple[str, int, str]:
        """Give name, size in bytes and type of the file last uploaded, read or not."""
        if self.incoming_name:
            return self.incoming_name, self.incoming_size, self.incoming_mimetype
        return self.file_name, self.file_size, self.file_mimetype

    def folder(self, revision: int) -> Path:
        """Give the folder that holds one revision's `original` and `data.parquet`."""
        return Path(settings.MEDIA_ROOT) / "datasets" / str(self.pk) / str(revision)

    @property
    def original_path(self) -> Path:
        """Give the path of the file served by `/raw`, byte for byte as it was uploaded."""
        return self.folder(self.version) / "original"

    @property
    def table_path(self) -> Path:
        """Give the path of the Parquet file with the rows that are served."""
        return self.folder(self.version) / "data.parquet"

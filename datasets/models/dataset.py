"""Datasets: a file that was uploaded, and the table that was read from it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import cast

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.principal import Kind, Principal
from datasets.errors import error_message
from datasets.models.search import has_words
from datasets.types import Json


class DatasetQuerySet(models.QuerySet["Dataset"]):
    """Queries for datasets."""

    def of(self, account: Account) -> DatasetQuerySet:
        """Return the datasets of `account`, the latest changed first."""
        return self.filter(account=account).order_by("-updated_at", "-pk")

    def public(self) -> DatasetQuerySet:
        """Return those that anybody may read."""
        return self.filter(is_public=True)

    def visible_to(self, account: Account | None) -> DatasetQuerySet:
        """Return the public datasets and those of `account` (None: a visitor)."""
        return self.filter(Q(is_public=True) | Q(account=account)) if account else self.public()

    def with_data(self) -> DatasetQuerySet:
        """Return those that serve data."""
        return self.filter(version__gt=0)

    def search(self, text: str) -> DatasetQuerySet:
        """Return those whose title, description or slug contains every word of `text`."""
        return self.filter(has_words(text, "title", "description", "slug"))

    def awaiting_ingestion(self, now: datetime) -> DatasetQuerySet:
        """Return those with a file to read that no worker is reading, the longest waiting first."""
        waiting = Q(status__in=[Dataset.Status.CREATED, Dataset.Status.ANALYZED])
        return self.filter(waiting).exclude(ingesting_until__gt=now).order_by("data_updated_at")


class Dataset(models.Model):
    """One table of open data: its columns, its rows and its original file.

    `revision` counts the uploads. `version` is the revision whose data is served (0: none yet); it stays the old one
    until the new file has been read whole. `schema` is Data Fair's: `[{"key", "type", "x-originalName", …}]`.
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
        """Return the path of the dataset's page."""
        return f"/dataset/{self.slug}"

    @property
    def api_path(self) -> str:
        """The path of the dataset in the API, below PUBLIC_URL."""
        return f"/api/v1/datasets/{self.slug}"

    @property
    def visibility(self) -> str:
        """`public` or `private`, as in Data Fair."""
        return "public" if self.is_public else "private"

    @property
    def created_by(self) -> Principal:
        """Who uploaded the first file."""
        return Principal(kind=cast("Kind", self.author_kind), id=self.author_id, name=self.author_name)

    @property
    def has_data(self) -> bool:
        """Whether rows are served, if only those of an earlier file."""
        return self.version > 0

    @property
    def is_processing(self) -> bool:
        """Whether a file is being read or waits to be."""
        return self.status in {self.Status.CREATED, self.Status.ANALYZED}

    @property
    def columns(self) -> list[Json]:
        """The schema of the data served: `[{"key", "type", "x-originalName"}]`."""
        return list(self.schema)

    @property
    def error_text(self) -> str:
        """Why the last file cannot be read, in the active language; empty when it can."""
        return error_message(self.error_code, self.error_params) if self.error_code else ""

    @property
    def last_file(self) -> tuple[str, int, str]:
        """Name, size in bytes and media type of the file last uploaded, read or not."""
        if self.incoming_name:
            return self.incoming_name, self.incoming_size, self.incoming_mimetype
        return self.file_name, self.file_size, self.file_mimetype

    def folder(self, revision: int) -> Path:
        """Return the folder of the `original` and the `data.parquet` of one revision."""
        return Path(settings.MEDIA_ROOT) / "datasets" / str(self.pk) / str(revision)

    @property
    def original_path(self) -> Path:
        """The path of the file served by `/raw`, byte for byte as it was uploaded."""
        return self.folder(self.version) / "original"

    @property
    def table_path(self) -> Path:
        """The path of the Parquet file with the rows that are served."""
        return self.folder(self.version) / "data.parquet"

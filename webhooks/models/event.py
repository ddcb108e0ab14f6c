"""Events: what happened to a resource, from which deliveries are made and which the journal shows."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

import uuid_utils.compat
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

SEQUENCE_NAME = "webhooks_event_sequence_seq"


def new_id() -> uuid.UUID:
    """Return a new UUIDv7 (RFC 9562): unique, and ordered by time of creation."""
    return uuid_utils.compat.uuid7()


def first_id_at(moment: datetime) -> uuid.UUID:
    """Return the smallest UUIDv7 of a moment: ids below it are older (RFC 9562 §5.7)."""
    milliseconds = int(moment.timestamp() * 1000)
    return uuid.UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62))


class NextSequence(models.Func):
    """The next number of the events' sequence, computed by the database when the event is inserted.

    PostgreSQL has a sequence; on SQLite, which has one writer at a time, it is the largest number so far plus one.
    """

    template = f"nextval('{SEQUENCE_NAME}')"
    output_field = models.BigIntegerField()

    def as_sqlite(
        self,
        compiler: SQLCompiler,
        connection: BaseDatabaseWrapper,
        **_context: Any,
    ) -> tuple[str, tuple[str | int, ...]]:
        """Add one to the largest number (indexed); the purge never deletes the event that has it."""
        return "(SELECT COALESCE(MAX(sequence), 0) + 1 FROM webhooks_event)", ()


class EventQuerySet(models.QuerySet["Event"]):
    """Events, by account and by resource."""

    def of(self, account: Account) -> EventQuerySet:
        """Return the events of `account`, newest first, without tests and copies."""
        return self.journal().filter(account=account).order_by("-id")

    def journal(self) -> EventQuerySet:
        """Leave out what did not happen (tests) and what happened only once (copies made by a replay)."""
        return self.filter(is_test=False, copy_of__isnull=True)


class Event(models.Model):
    """Something that happened, never changed afterwards: `data` is the resource as it was then.

    `id` is sent as `webhook-id`; `sequence` lets a receiver put in order what arrives out of order. A replay under a
    fresh id makes a copy of the event: its `copy_of` is the id of the original.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sequence = models.BigIntegerField(editable=False)
    type = models.CharField(_("type"), max_length=60)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="events", db_index=False)
    resource_type = models.CharField(max_length=20)
    resource_id = models.CharField(max_length=200)
    resource_title = models.CharField(max_length=300)
    resource_page_url = models.CharField(max_length=600, blank=True)
    resource_api_url = models.CharField(max_length=600, blank=True)
    detail = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    origin_kind = models.CharField(max_length=10, default="worker")
    origin_id = models.CharField(max_length=40, blank=True)
    origin_name = models.CharField(max_length=150, blank=True)
    occurred_at = models.DateTimeField(default=timezone.now)
    is_test = models.BooleanField(default=False)
    copy_of = models.UUIDField(null=True, blank=True)
    fanned_out_at = models.DateTimeField(null=True, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["account", "-id"], name="event_of_account"),
            models.Index(fields=["resource_type", "resource_id", "-id"], name="event_of_resource"),
            models.Index(
                fields=["account", "id"], condition=models.Q(fanned_out_at__isnull=True), name="event_to_fan_out"
            ),
            models.Index(fields=["sequence"], name="event_sequence"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.resource_id}"

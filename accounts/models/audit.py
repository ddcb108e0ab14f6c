"""The audit: who changed what of an account, when, from where, and what it was before and after."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NoReturn

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account

ACTOR_LABELS = [
    ("user", _("person")),
    ("apikey", _("API key")),
    ("command", _("command")),
    ("worker", _("service")),
    ("visitor", _("visitor")),
]
"""The kinds of `accounts.principal.Principal`."""


class Immutable(Exception):
    """Somebody tried to change or delete an entry of the audit."""


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Entries, which can be added and read; only `purge` deletes any."""

    def of(self, account: Account) -> AuditEntryQuerySet:
        """Return the entries of `account`, the newest first."""
        return self.filter(account_id=account.pk).order_by("-id")

    def about(self, thing: models.Model) -> AuditEntryQuerySet:
        """Return the entries about a row, deleted or not, the newest first."""
        return self.filter(object_type=thing._meta.model_name, object_id=str(thing.pk)).order_by("-id")

    def purge(self, *, before: datetime, limit: int) -> int:
        """Delete at most `limit` entries that are older than `before`, the oldest first; return how many."""
        ids = list(self.filter(at__lt=before).order_by("at").values_list("pk", flat=True)[:limit])
        return super(AuditEntryQuerySet, self.filter(pk__in=ids)).delete()[0]

    def update(self, **_fields: Any) -> NoReturn:
        """Refuse."""
        raise Immutable

    def delete(self) -> NoReturn:
        """Refuse."""
        raise Immutable

    def bulk_update(self, objs: Iterable[AuditEntry], fields: Iterable[str], batch_size: int | None = None) -> NoReturn:
        """Refuse."""
        raise Immutable

    def bulk_create(self, objs: Iterable[AuditEntry], *args: Any, **options: Any) -> list[AuditEntry]:
        """Insert the entries; refuse to change those that are there."""
        if args or options.get("update_conflicts"):
            raise Immutable
        return super().bulk_create(objs, **options)


class AuditEntry(models.Model):
    """One change that somebody made. It stands alone: what it is about, its author and its account may be gone.

    `changes` holds `{field: [before, after]}` of the fields that changed, secrets masked: a secret that was replaced
    by another reads the same on both sides.
    """

    at = models.DateTimeField(_("date"), default=timezone.now)
    account_id = models.PositiveBigIntegerField()
    account_key = models.CharField(_("account"), max_length=100)
    actor_kind = models.CharField(_("kind of author"), max_length=10, choices=ACTOR_LABELS)
    actor_id = models.CharField(max_length=40, blank=True)
    actor_name = models.CharField(_("author"), max_length=150, blank=True)
    address = models.CharField(_("address"), max_length=45, blank=True)
    action = models.CharField(_("action"), max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    object_title = models.CharField(_("title"), max_length=300, blank=True)
    changes = models.JSONField(_("changes"), default=dict, encoder=DjangoJSONEncoder)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit")
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["account_id", "-id"], name="audit_of_account"),
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_of_object"),
            models.Index(fields=["at"], name="audit_by_date"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M}"

    def save(self, *_args: Any, **options: Any) -> None:
        """Insert the entry; refuse to change one that is stored."""
        if not self._state.adding:
            raise Immutable
        super().save(force_insert=True, using=options.get("using"))

    def delete(self, *_args: Any, **_options: Any) -> NoReturn:
        """Refuse."""
        raise Immutable

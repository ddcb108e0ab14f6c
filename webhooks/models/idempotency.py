"""Idempotency keys that callers of the API have used."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Account


class Receipt(models.Model):
    """An Idempotency-Key of an account, the digest of the request that used it, and the event which that recorded."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="receipts", db_index=False)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    event_id = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="receipt_once")]

    def __str__(self) -> str:
        return self.key

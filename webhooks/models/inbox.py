"""The built-in receiver of development and demonstration: an address, how it responds, and what arrived."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from webhooks.signing import SignatureStatus

TOKEN_BYTES = 18
"""Entropy of an inbox's address: 144 bits, which cannot be guessed."""


def new_token() -> str:
    """Return the last part of a new inbox's address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class InboxQuerySet(models.QuerySet["Inbox"]):
    def of(self, account: Account) -> InboxQuerySet:
        """Return the inboxes of `account`, in the order of creation."""
        return self.filter(account=account).order_by("id")


class Inbox(models.Model):
    """An address of this site that a webhook can call."""

    class Behaviour(models.TextChoices):
        OK = "ok", _("200: takes everything")
        ERROR = "error", _("500: fails")
        GONE = "gone", _("410: gone for good")
        SLOW = "slow", _("slowly: after 5 seconds")
        NEVER = "never", _("never: hangs")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="inboxes")
    token = models.CharField(max_length=40, unique=True, default=new_token)
    behaviour = models.CharField(_("answers"), max_length=8, choices=Behaviour, default=Behaviour.OK)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = InboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("inbox")
        verbose_name_plural = _("inboxes")

    def __str__(self) -> str:
        return f"inbox {self.pk}"


class InboxMessage(models.Model):
    """One request as it arrived, the status of the response, and whether its signature was valid at that moment."""

    SIGNATURES: ClassVar = [
        (SignatureStatus.VALID.value, _("signature verified")),
        (SignatureStatus.WRONG.value, _("wrong signature")),
        (SignatureStatus.STALE.value, _("signature too old")),
        (SignatureStatus.MISSING.value, _("not signed")),
    ]

    inbox = models.ForeignKey(Inbox, on_delete=models.CASCADE, related_name="messages", db_index=False)
    received_at = models.DateTimeField(default=timezone.now)
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=2100)
    headers = models.JSONField(default=list)
    body = models.BinaryField()
    truncated = models.BooleanField(default=False)
    verdict = models.CharField(max_length=8, choices=SIGNATURES)
    signed_by = models.CharField(max_length=200, blank=True)
    answered = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("inbox message")
        verbose_name_plural = _("inbox messages")
        indexes = [models.Index(fields=["inbox", "-id"], name="message_of_inbox")]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

"""Whom to tell, of what, and how: a webhook, its secrets, and who changed it."""

from __future__ import annotations

import base64
import secrets as random
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from webhooks.encryption import seal, unseal

SECRET_BYTES = 32
"""Length of a signing secret (Standard Webhooks 1.0 asks for 24 to 64 bytes)."""


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Webhooks that were not deleted, by whose they are."""

    def of(self, account: Account) -> WebhookQuerySet:
        """Give the webhooks of `account`, in the order of creation."""
        return self.alive().filter(account=account).order_by("id")

    def alive(self) -> WebhookQuerySet:
        """Leave out the deleted ones, which wait for the purge to take their history."""
        return self.filter(deleted_at__isnull=True)


class Webhook(models.Model):
    """A subscription: these events of this account, to that target.

    `config` holds the target's settings as its form validated them, `sealed` the secret ones among them, encrypted.
    `revision` grows with each change of what is sent or where, so that a courier knows when its copy is old.
    `resources` restricts to chosen ones (`["dataset:cities"]`); empty means all.
    The health fields are the courier's: `failures` counts transport failures and timeouts in a row, `failed_attempts`
    any failed attempts since the last success, `rests` how many times in a row it was put to rest.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        RESTING = "resting", _("resting")
        DISABLED = "disabled", _("disabled")

    class DisabledReason(models.TextChoices):
        NONE = "", ""
        USER = "user", _("switched off by a person")
        GONE = "gone", _("the receiver answered that it is gone (410)")
        FAILING = "failing", _("no delivery succeeded for days")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="webhooks")
    title = models.CharField(_("title"), max_length=200)
    event_types = models.JSONField(_("triggering events"), default=list)
    target_kind = models.CharField(_("target type"), max_length=40)
    config = models.JSONField(default=dict)
    sealed = models.TextField(blank=True)
    resources = models.JSONField(default=list, blank=True)
    revision = models.PositiveIntegerField(default=1)
    enabled = models.BooleanField(_("enabled"), default=True)
    disabled_reason = models.CharField(max_length=10, choices=DisabledReason, blank=True, default="")
    disabled_at = models.DateTimeField(null=True, blank=True)
    resting_until = models.DateTimeField(null=True, blank=True)
    rests = models.PositiveSmallIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    failed_attempts = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    told_failing_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(enabled=True, disabled_reason="", disabled_at__isnull=True)
                | models.Q(enabled=False, disabled_at__isnull=False) & ~models.Q(disabled_reason=""),
                name="webhook_disabled_has_reason",
            ),
            models.CheckConstraint(condition=~models.Q(event_types=[]), name="webhook_has_event_types"),
            models.CheckConstraint(condition=~models.Q(title=""), name="webhook_has_title"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def state(self) -> State:
        """Tell whether it is active, resting (the breaker is open) or disabled."""
        if not self.enabled:
            return self.State.DISABLED
        if self.resting_until is not None and self.resting_until > timezone.now():
            return self.State.RESTING
        return self.State.ACTIVE

    @property
    def settings(self) -> dict[str, Any]:  # Any: the target's own settings, JSON
        """Give the target's whole settings, the secret ones included: never for display."""
        return {**self.config, **(unseal(self.sealed) if self.sealed else {})}

    def set_settings(self, public: dict[str, Any], secret: dict[str, Any]) -> None:  # Any: as above
        """Take the target's settings, of which `secret` are sealed."""
        self.config = public
        self.sealed = seal(secret) if secret else ""


class SecretQuerySet(models.QuerySet["Secret"]):
    """Signing secrets, by whether they are still valid."""

    def valid(self, now: datetime) -> SecretQuerySet:
        """Give those to sign with at `now`, the newest first."""
        return self.filter(models.Q(valid_until__isnull=True) | models.Q(valid_until__gt=now)).order_by("-id")


class Secret(models.Model):
    """A signing secret, encrypted; after a rotation the old one stays valid for a while."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.TextField()
    valid_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SecretQuerySet.as_manager()

    class Meta:
        verbose_name = _("secret")
        verbose_name_plural = _("secrets")
        constraints = [
            models.UniqueConstraint(
                fields=["webhook"], condition=models.Q(valid_until__isnull=True), name="secret_one_current"
            )
        ]

    def __str__(self) -> str:
        return f"secret {self.pk}"

    @classmethod
    def generate(cls, webhook: Webhook) -> Secret:
        """Make, without storing it, a new current secret for `webhook`."""
        clear = "whsec_" + base64.b64encode(random.token_bytes(SECRET_BYTES)).decode()
        return cls(webhook=webhook, sealed=seal(clear))

    def reveal(self) -> str:
        """Give the secret itself, `whsec_…`."""
        return str(unseal(self.sealed))


class ChangeQuerySet(models.QuerySet["Change"]):
    """Lines of audit logs."""

    def to_tell(self) -> ChangeQuerySet:
        """Give those that the service made and the administrators were not told of yet."""
        return self.filter(TO_TELL)


TO_TELL = models.Q(kind__in=["failing", "disabled"], by_kind="worker", told_at__isnull=True)


class Change(models.Model):
    """One line of a webhook's audit log: who did what to it, when, and why."""

    class Kind(models.TextChoices):
        CREATED = "created", _("created")
        EDITED = "edited", _("edited")
        ENABLED = "enabled", _("enabled")
        DISABLED = "disabled", _("disabled")
        FAILING = "failing", _("started failing")
        RECOVERED = "recovered", _("recovered")
        SECRET_ROTATED = "secret_rotated", _("secret rotated")
        SECRET_REVEALED = "secret_revealed", _("secret revealed")
        TESTED = "tested", _("test sent")
        REPLAYED = "replayed", _("deliveries replayed")
        CANCELLED = "cancelled", _("deliveries cancelled")
        DELETED = "deleted", _("deleted")

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=20, choices=Kind)
    detail = models.CharField(max_length=300, blank=True)
    by_kind = models.CharField(max_length=10)
    by_id = models.CharField(max_length=40, blank=True)
    by_name = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = [models.Index(fields=["id"], condition=TO_TELL, name="change_to_tell")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


def matching(webhooks: Iterable[Webhook], *, event_type: str, resource: str) -> list[Webhook]:
    """Give those of `webhooks` that ask for `event_type` (our key) on `resource` (`dataset:cities`)."""
    return [w for w in webhooks if event_type in w.event_types and (not w.resources or resource in w.resources)]

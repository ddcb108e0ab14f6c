"""A webhook, and its signing secrets."""

from __future__ import annotations

import base64
import secrets as random
from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from webhooks.encryption import SealedField, Unsealable, seal, unseal
from webhooks.types import Json

SECRET_BYTES = 32
"""Length of a signing secret (Standard Webhooks 1.0 asks for 24 to 64 bytes)."""


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Webhooks by account, and without the deleted ones."""

    def of(self, account: Account) -> WebhookQuerySet:
        """Return the webhooks of `account`, in the order of creation."""
        return self.alive().filter(account=account).order_by("id")

    def alive(self) -> WebhookQuerySet:
        """Leave out the deleted ones, which stay in the table until their history is purged."""
        return self.filter(deleted_at__isnull=True)


class Webhook(models.Model):
    """A subscription: these events of this account, to that target.

    `config` holds the target's settings as its form validated them, `sealed` the secret ones among them, encrypted.
    `resources` restricts to chosen ones (`["dataset:cities"]`); empty means all. `revision` grows with each change, so
    that a worker knows when its own copy is outdated.
    The delivery worker keeps the health: `failures` counts transport failures and timeouts in a row, `failed_attempts`
    any failed attempts since the last success, `rests` how many times in a row it rested (the circuit breaker opened).
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
    description = models.CharField(_("description"), max_length=500, blank=True, default="")
    event_types = models.JSONField(_("triggering events"), default=list)
    target_kind = models.CharField(_("target type"), max_length=40)
    config = models.JSONField(default=dict)
    sealed = SealedField(blank=True)
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
        """Whether it is active, resting (the circuit breaker is open) or disabled."""
        if not self.enabled:
            return self.State.DISABLED
        if self.resting_until is not None and self.resting_until > timezone.now():
            return self.State.RESTING
        return self.State.ACTIVE

    @property
    def settings(self) -> Json:
        """The target's settings, the secret ones included; raise `Unsealable` when their key is lost."""
        return {**self.config, **(unseal(self.sealed) if self.sealed else {})}

    @property
    def readable_settings(self) -> Json:
        """The target's settings without the secret ones whose key is lost: these must be entered again."""
        try:
            return self.settings
        except Unsealable:
            return dict(self.config)


class SecretQuerySet(models.QuerySet["Secret"]):
    """Signing secrets, by validity."""

    def valid(self, now: datetime) -> SecretQuerySet:
        """Return those to sign with at `now`, the newest first."""
        return self.filter(models.Q(valid_until__isnull=True) | models.Q(valid_until__gt=now)).order_by("-id")


class Secret(models.Model):
    """A signing secret, encrypted; after a rotation the old one stays valid until `valid_until`."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="secrets")
    sealed = SealedField()
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
        """Return a new current secret for `webhook`, not saved yet."""
        clear = "whsec_" + base64.b64encode(random.token_bytes(SECRET_BYTES)).decode()
        return cls(webhook=webhook, sealed=seal(clear))

    def reveal(self) -> str:
        """Return the secret itself, `whsec_…`; raise `Unsealable` when its key is lost."""
        return str(unseal(self.sealed))


def matching(webhooks: Iterable[Webhook], *, event_type: str, resource: str) -> list[Webhook]:
    """Return those of `webhooks` that subscribe to `event_type` (our key) on `resource` (`dataset:cities`)."""
    return [w for w in webhooks if event_type in w.event_types and (not w.resources or resource in w.resources)]

"""What administrators are told of the health of their webhooks by e-mail: one row for each person and change."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from webhooks.models.webhook import Webhook


class HealthChangeQuerySet(models.QuerySet["HealthChange"]):
    """Changes of health."""

    def to_tell(self) -> HealthChangeQuerySet:
        """Return those that the administrators were not told of yet."""
        return self.filter(TO_TELL)


TO_TELL = models.Q(told_at__isnull=True)


class HealthChange(models.Model):
    """The service found that a webhook fails for good, or disabled it for `reason`: its administrators are told."""

    class Kind(models.TextChoices):
        FAILING = "failing", _("started failing")
        DISABLED = "disabled", _("disabled")

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="health_changes")
    kind = models.CharField(max_length=20, choices=Kind)
    reason = models.CharField(max_length=10, choices=Webhook.DisabledReason, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True, blank=True)

    objects = HealthChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of health")
        verbose_name_plural = _("changes of health")
        indexes = [models.Index(fields=["id"], condition=TO_TELL, name="health_change_to_tell")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Notifications, by whether they are still to be sent."""

    def pending(self) -> NotificationQuerySet:
        """Return those that were neither sent nor given up."""
        return self.filter(next_attempt_at__isnull=False)

    def due(self, now: datetime) -> NotificationQuerySet:
        """Return those to send at `now`, the least tried first: a backlog of failing ones does not delay new ones."""
        return self.filter(next_attempt_at__lte=now).order_by("attempts", "id")


class Notification(models.Model):
    """The e-mail that tells one administrator of one change.

    `next_attempt_at` is the lease of the worker that sends it, too: a worker that claims it first moves this time past
    the end of its attempt. It is null once nothing more is to be done; without `sent_at` the notification was given up.
    """

    change = models.ForeignKey(HealthChange, on_delete=models.CASCADE, related_name="notifications", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="webhook_notifications")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint(fields=["change", "user"], name="notification_once"),
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=True) | models.Q(next_attempt_at__isnull=True),
                name="notification_sent_is_done",
            ),
        ]
        indexes = [
            models.Index(
                fields=["attempts", "id"],
                condition=models.Q(next_attempt_at__isnull=False),
                name="notification_pending",
            )
        ]

    def __str__(self) -> str:
        return f"{self.change_id} → {self.user_id}"

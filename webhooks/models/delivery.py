"""What became of an event for one webhook, attempt by attempt."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from webhooks.models.event import Event, new_id
from webhooks.models.webhook import Webhook

NO_LEASE: Final = {"lease_token": None, "leased_until": None}
"""The fields of a lease, as they are while no courier holds the delivery: they are only ever reset together."""


class Trigger(models.TextChoices):
    """Why an attempt was made."""

    AUTOMATIC = "automatic", _("automatic")
    MANUAL = "manual", _("sent again by a person")
    TEST = "test", _("test")
    REPLAY = "replay", _("replay")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Deliveries, by account, and by whether a courier may take them or holds them."""

    def of(self, account: Account) -> DeliveryQuerySet:
        """Return the deliveries to the webhooks of `account`, newest first."""
        return self.filter(webhook__account=account, webhook__deleted_at__isnull=True).order_by("-id")

    def free(self, now: datetime) -> DeliveryQuerySet:
        """Return those that no courier holds at `now`: without a lease, or with one that has ended."""
        return self.filter(models.Q(leased_until__isnull=True) | models.Q(leased_until__lte=now))

    def due(self, now: datetime) -> DeliveryQuerySet:
        """Return those that a courier may claim at `now`."""
        return self.free(now).filter(state=Delivery.State.PENDING, next_attempt_at__lte=now)

    def release(self) -> int:
        """End the leases, so that the deliveries can be claimed again, and return the number of deliveries."""
        return self.update(**NO_LEASE)

    def settle_unsent(self, state: Delivery.State, *, now: datetime) -> int:
        """Move the pending deliveries that no courier holds to `state`, one of `Delivery.SETTLED`; return how many."""
        waiting = self.free(now).filter(state=Delivery.State.PENDING).order_by()
        return waiting.update(state=state, settled_at=now, next_attempt_at=None, **NO_LEASE)

    def send_again(self, trigger: Trigger, *, at: datetime) -> int:
        """Make the deliveries due `at` a time, on a fresh schedule and without a lease; return how many."""
        fresh = {"state": Delivery.State.PENDING, "trigger": trigger, "failures": 0, "settled_at": None}
        return self.update(**fresh, next_attempt_at=at, **NO_LEASE)


class Delivery(models.Model):
    """One event for one webhook, sent at least once.

    | from    | to        | when                                                                                  |
    |---------|-----------|---------------------------------------------------------------------------------------|
    | (new)   | pending   | an event is fanned out to an enabled webhook; a test is sent; a copy is replayed      |
    | (new)   | skipped   | an event is fanned out to a disabled webhook                                          |
    | pending | delivered | an attempt succeeded                                                                  |
    | pending | pending   | an attempt failed, and the schedule has another one, at `next_attempt_at`             |
    | pending | failed    | an attempt failed, and there is no other one: the schedule is over, the target says   |
    |         |           | that none will succeed, or it was a test                                              |
    | pending | skipped   | its webhook was disabled (a test is sent all the same)                                |
    | pending | cancelled | a person cancelled it, or deleted its webhook                                         |
    | settled | pending   | a person has it sent again (settled: any of the four above)                           |

    A courier that claims a pending delivery holds a lease on it (`lease_token`, `leased_until`): nobody else sends,
    cancels or settles it before that ends. A settled delivery has no lease.
    `failures` counts the failed attempts since the schedule began (a replay begins it anew), `attempt_count` all that
    were ever made. `status_code` and `error` are the last attempt's.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        SKIPPED = "skipped", _("skipped")

    SETTLED: ClassVar = (State.DELIVERED, State.FAILED, State.CANCELLED, State.SKIPPED)
    """The states in which nothing more is sent, unless a person asks for it."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    trigger = models.CharField(max_length=10, choices=Trigger, default=Trigger.AUTOMATIC)
    attempt_count = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=10, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["event", "webhook"], name="delivery_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "delivered", "failed", "cancelled", "skipped"]),
                name="delivery_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state="pending", next_attempt_at__isnull=False, settled_at__isnull=True)
                | ~models.Q(state="pending") & models.Q(next_attempt_at__isnull=True, settled_at__isnull=False),
                name="delivery_pending_has_time",
            ),
            models.CheckConstraint(
                condition=models.Q(lease_token__isnull=True, leased_until__isnull=True)
                | models.Q(lease_token__isnull=False, leased_until__isnull=False, state="pending"),
                name="delivery_lease_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["webhook", "next_attempt_at"], condition=models.Q(state="pending"), name="delivery_pending"
            ),
            models.Index(fields=["webhook", "-id"], name="delivery_of_webhook"),
            # The few that are looked for among the many that went well: by the filter of a page, by a replay.
            models.Index(
                fields=["webhook", "-id"],
                condition=models.Q(state__in=["failed", "skipped", "cancelled"]),
                name="delivery_unsuccessful",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.webhook_id}: {self.state}"


class Attempt(models.Model):
    """One request and its answer, as shown to the account: secrets masked, never changed afterwards."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No foreign key in the database: the statement that writes attempts joins the delivery already, and a constraint
    # would cost a tenth of all the work that the database does for a delivery.
    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="attempts", db_index=False, db_constraint=False
    )
    trigger = models.CharField(max_length=10, choices=Trigger, default=Trigger.AUTOMATIC)
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    url = models.CharField(max_length=2100)
    request_headers = models.JSONField(default=list)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=10, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    response_headers = models.JSONField(default=list)
    response_body = models.TextField(blank=True)
    truncated = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        indexes = [models.Index(fields=["delivery", "id"], name="attempt_of_delivery")]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M:%S} {self.status_code or self.error}"

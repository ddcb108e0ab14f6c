"""Send events again, send a test, or cancel what waits: what a person asks of deliveries."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import AuditEntry
from accounts.principal import Principal
from webhooks import wakeup
from webhooks.errors import Conflict, TooSoon
from webhooks.events import registry
from webhooks.events.samples import first_type, sample_event
from webhooks.filters import DeliveryFilter
from webhooks.models import Delivery, Event, Webhook
from webhooks.models.delivery import DeliveryQuerySet, Trigger
from webhooks.models.event import new_id
from webhooks.subscriptions import audit
from webhooks.subscriptions.audit import Action
from webhooks.subscriptions.validation import target_remarks

State = Delivery.State

TESTS_WINDOW = timedelta(minutes=1)
MAX_TESTS_PER_MINUTE = 10
"""Tests of one webhook: the button must not become a way to scan or to flood."""

MAX_REPLAY_DELIVERIES = 50_000
"""Deliveries of one replay: more are refused as a whole, never truncated silently."""

REPLAYS_PER_S = 20
"""Deliveries per second of a replay, so that a receiver that was down is not overloaded when it is back."""

REPLAY_STEP_DELIVERIES = 100
"""Deliveries that a replay makes due at the same moment."""

HEAD_START = timedelta(days=1)
"""How far in the past the due time of a test or of a single redelivery is set.

Couriers send what has been due longest first, so that what a person waits for overtakes the backlog.
"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SentTest:
    """The delivery of a test, and what the target's own validation (GA4 has one) remarked on it before."""

    delivery: Delivery
    remarks: tuple[str, ...] = ()


def send_test(webhook: Webhook, *, by: Principal, event_type: str | None = None) -> SentTest:
    """Have a sample event delivered to `webhook`, even to a disabled one; by default of its first type.

    Where the target has a validation it is called first, over the network. Raise `registry.UnknownEventType`, or
    `TooSoon` after too many tests within a minute.
    """
    kind = registry.get(event_type or first_type(webhook))
    now = timezone.now()
    _log_test(webhook, kind.key, by=by, now=now)
    event = sample_event(kind, webhook, by=by, now=now)
    remarks = target_remarks(webhook, event)
    with transaction.atomic():
        event.save(force_insert=True)
        due = _due_first(webhook, now)
        delivery = Delivery.objects.create(event=event, webhook=webhook, trigger=Trigger.TEST, next_attempt_at=due)
        transaction.on_commit(wakeup.ring, robust=True)
    return SentTest(delivery, tuple(remarks))


def _log_test(webhook: Webhook, event_type: str, *, by: Principal, now: datetime) -> None:
    """Add the test to the audit log, or raise `TooSoon` when there were too many."""
    with transaction.atomic():
        if not Webhook.objects.select_for_update().alive().filter(pk=webhook.pk).exists():
            raise Conflict("deleted", _("This webhook was deleted."))
        tests = AuditEntry.objects.about(webhook).filter(action=Action.TESTED, at__gt=now - TESTS_WINDOW)
        times = list(tests.order_by("-at").values_list("at", flat=True)[:MAX_TESTS_PER_MINUTE])
        if len(times) == MAX_TESTS_PER_MINUTE:
            raise _too_many_tests(wait_s=math.ceil((times[-1] + TESTS_WINDOW - now).total_seconds()))
        audit.log(webhook, Action.TESTED, by=by, changes={"event_type": (None, event_type)})


def _too_many_tests(*, wait_s: int) -> TooSoon:
    text = ngettext(
        "Too many tests within a minute: the next one is possible in %(count)d second.",
        "Too many tests within a minute: the next one is possible in %(count)d seconds.",
        wait_s,
    )
    return TooSoon("too_fast", text % {"count": wait_s}, wait_s=wait_s)


def redeliver(delivery: Delivery, *, by: Principal) -> None:
    """Send `delivery` once more, now, on a fresh schedule and under the same id, whatever its state.

    Raise `Conflict` when a courier is sending it at this moment, or its webhook is disabled or deleted.
    """
    now = timezone.now()
    with transaction.atomic():
        _check_enabled(delivery.webhook)
        free = Delivery.objects.filter(pk=delivery.pk).free(now)
        if not free.send_again(Trigger.MANUAL, at=_due_first(delivery.webhook, now)):
            raise Conflict("leased", _("This delivery is being sent at this moment."))
        audit.log(delivery.webhook, Action.REPLAYED, by=by, changes={"event": (None, delivery.event_id.hex)})
        transaction.on_commit(wakeup.ring, robust=True)
    delivery.refresh_from_db()


def cancel(delivery: Delivery, *, by: Principal) -> None:
    """Cancel a pending delivery; raise `Conflict` when it is not pending, or a courier is sending it at this moment."""
    now = timezone.now()
    with transaction.atomic():
        if not Delivery.objects.filter(pk=delivery.pk).settle_unsent(State.CANCELLED, now=now):
            raise Conflict("not_pending", _("This delivery is not waiting to be sent."))
        audit.log(delivery.webhook, Action.CANCELLED, by=by, changes={"event": (None, delivery.event_id.hex)})
    delivery.refresh_from_db()


def cancel_all(webhook: Webhook, *, by: Principal) -> int:
    """Cancel every pending delivery of `webhook` except those being sent; return how many."""
    with transaction.atomic():
        count = webhook.deliveries.all().settle_unsent(State.CANCELLED, now=timezone.now())
        if count:
            audit.log(webhook, Action.CANCELLED, by=by, changes={"deliveries": (None, count)})
    return count


def replayable(webhook: Webhook, wanted: DeliveryFilter) -> DeliveryQuerySet:
    """Return the deliveries that a replay of what is `wanted` sends, oldest first: settled ones that are no tests."""
    settled = Delivery.objects.filter(webhook=webhook, state__in=Delivery.SETTLED, event__is_test=False)
    return wanted.apply(settled).order_by("id")


def replay(webhook: Webhook, wanted: DeliveryFilter, *, by: Principal, fresh_ids: bool = False) -> int:
    """Have the `replayable` deliveries sent again, REPLAYS_PER_S of them each second; return how many.

    Under the same id a receiver recognises what it has had already; with `fresh_ids` each one is new to it.
    Raise `Conflict` when there are too many, or the webhook is disabled or deleted.
    """
    start = timezone.now()
    count = 0
    with transaction.atomic():
        _check_enabled(webhook)
        ids = list(replayable(webhook, wanted).values_list("pk", flat=True)[: MAX_REPLAY_DELIVERIES + 1])
        if len(ids) > MAX_REPLAY_DELIVERIES:
            raise Conflict("too_many", _("More than 50,000 deliveries at once: choose a shorter period."))
        for step, chunk in enumerate(_in_steps(ids)):
            due = start + timedelta(seconds=step * REPLAY_STEP_DELIVERIES / REPLAYS_PER_S)
            count += _send_copies(chunk, due=due) if fresh_ids else _send_again(chunk, due=due)
        if count:
            audit.log(webhook, Action.REPLAYED, by=by, changes={"deliveries": (None, count)})
        transaction.on_commit(wakeup.ring, robust=True)
    return count


def _send_again(ids: Sequence[int], *, due: datetime) -> int:
    return Delivery.objects.filter(pk__in=ids, state__in=Delivery.SETTLED).send_again(Trigger.REPLAY, at=due)


def _send_copies(ids: Sequence[int], *, due: datetime) -> int:
    """Copy each event under a fresh id, with a delivery of its own; the originals stay unchanged."""
    deliveries = Delivery.objects.filter(pk__in=ids).select_related("event").order_by("pk")
    copies = [(_copy_of(delivery.event), delivery.webhook_id) for delivery in deliveries]
    Event.objects.bulk_create([event for event, _webhook in copies])
    Delivery.objects.bulk_create(
        [
            Delivery(event=event, webhook_id=webhook_id, trigger=Trigger.REPLAY, next_attempt_at=due)
            for event, webhook_id in copies
        ]
    )
    return len(copies)


def _copy_of(event: Event) -> Event:
    """Turn `event` into an unsaved copy: the same content and sequence under another id, not part of the journal."""
    event.copy_of = event.copy_of or event.pk
    event.pk = new_id()
    event._state.adding = True
    event.fanned_out_at = timezone.now()
    return event


def _due_first(webhook: Webhook, now: datetime) -> datetime:
    """End the rest of a resting webhook, and return a due time that is earlier than those of its backlog."""
    Webhook.objects.filter(pk=webhook.pk, resting_until__gt=now).update(resting_until=now)
    return now - HEAD_START


def _check_enabled(webhook: Webhook) -> None:
    """Raise `Conflict` when nothing would be sent; the row is locked until the end of the transaction."""
    enabled = (
        Webhook.objects.select_for_update().alive().filter(pk=webhook.pk).values_list("enabled", flat=True).first()
    )
    if not enabled:
        raise Conflict("disabled", _("This webhook is disabled: enable it first."))


def _in_steps(ids: Iterable[T]) -> Iterator[list[T]]:
    """Cut into lists of REPLAY_STEP_DELIVERIES."""
    rest = iter(ids)
    while step := list(islice(rest, REPLAY_STEP_DELIVERIES)):
        yield step

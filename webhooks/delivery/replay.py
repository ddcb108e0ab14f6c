"""Have events delivered again, or for a test, or not at all: what a person asks for deliveries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.principal import Principal
from webhooks import wakeup
from webhooks.errors import Conflict
from webhooks.events import registry
from webhooks.events.samples import first_type, sample_event
from webhooks.models import Change, Delivery, Event, Webhook
from webhooks.models.delivery import DeliveryQuerySet, Trigger
from webhooks.models.event import new_id
from webhooks.subscriptions import audit
from webhooks.subscriptions.services import settle_waiting
from webhooks.subscriptions.validation import rehearse

State = Delivery.State

MAX_TESTS_A_MINUTE = 10
"""Tests of one webhook: the button must not become a way to scan or to flood."""

MAX_REPLAY = 50_000
"""Deliveries of one replay: more are refused, never left out in silence."""

REPLAYS_PER_S = 20
"""Deliveries a second of a replay, so that a receiver that was away is not run over when it is back."""

HEAD_START = timedelta(days=1)
"""What a person asks for goes before what waits, of which the longest due goes first."""

REPLAY_STEP_DELIVERIES = 100
"""Deliveries that a replay makes due at the same moment."""

SETTLED = (State.DELIVERED, State.FAILED, State.CANCELLED, State.SKIPPED)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which deliveries of a webhook to replay: those in `states` made from `since` (included) until `until`."""

    states: tuple[str, ...] = (State.FAILED,)
    since: datetime | None = None
    until: datetime | None = None

    def of(self, webhook: Webhook) -> DeliveryQuerySet:
        """Give the deliveries, oldest first; pending ones and tests never belong to them."""
        found = Delivery.objects.filter(
            webhook=webhook, state__in=set(self.states) & set(SETTLED), event__is_test=False
        )
        if self.since is not None:
            found = found.filter(created_at__gte=self.since)
        if self.until is not None:
            found = found.filter(created_at__lt=self.until)
        return found.order_by("id")


@dataclass(frozen=True, slots=True)
class Test:
    """A test under way, and what the target's own validation (GA4 has one) said of it before."""

    delivery: Delivery
    remarks: tuple[str, ...] = ()


def send_test(webhook: Webhook, *, by: Principal, event_type: str | None = None) -> Test:
    """Have a sample event delivered to `webhook`, even to a disabled one; by default of its first type.

    Where the target has a validation it is asked first, over the network. Raise `registry.UnknownEventType`, or
    `Conflict` after too many tests within a minute.
    """
    kind = registry.get(event_type or first_type(webhook))
    now = timezone.now()
    _count_test(webhook, kind.key, by=by, now=now)
    event = sample_event(kind, webhook, by=by, now=now)
    remarks = rehearse(webhook, event)
    with transaction.atomic():
        event.save(force_insert=True)
        first = _before_the_others(webhook, now)
        delivery = Delivery.objects.create(event=event, webhook=webhook, trigger=Trigger.TEST, next_attempt_at=first)
        transaction.on_commit(wakeup.ring, robust=True)
    return Test(delivery, tuple(remarks))


def _count_test(webhook: Webhook, event_type: str, *, by: Principal, now: datetime) -> None:
    """Note the test, or raise `Conflict` when there were too many."""
    with transaction.atomic():
        if not Webhook.objects.select_for_update().alive().filter(pk=webhook.pk).exists():
            raise Conflict("deleted", _("This webhook was deleted."))
        recent = webhook.changes.filter(kind=Change.Kind.TESTED, at__gt=now - timedelta(minutes=1))
        if recent.count() >= MAX_TESTS_A_MINUTE:
            raise Conflict("too_fast", _("Too many tests within a minute: wait a little."))
        audit.log(webhook.pk, Change.Kind.TESTED, by=by, detail=event_type)


def redeliver(delivery: Delivery, *, by: Principal) -> None:
    """Send once more, now, on a fresh schedule and under the same id, whatever became of it.

    Raise `Conflict` when it is being sent this very moment, or its webhook is disabled or deleted.
    """
    now = timezone.now()
    with transaction.atomic():
        _check_enabled(delivery.webhook)
        done = _free(now, pk=delivery.pk).update(
            state=State.PENDING,
            trigger=Trigger.MANUAL,
            failures=0,
            next_attempt_at=_before_the_others(delivery.webhook, now),
            settled_at=None,
            lease_token=None,
            leased_until=None,
        )
        if not done:
            raise Conflict("leased", _("This delivery is being sent at this moment."))
        audit.log(delivery.webhook_id, Change.Kind.REPLAYED, by=by, detail=delivery.event_id.hex)
        transaction.on_commit(wakeup.ring, robust=True)
    delivery.refresh_from_db()


def cancel(delivery: Delivery, *, by: Principal) -> None:
    """Send a pending delivery no more; raise `Conflict` when it is not pending, or is being sent this very moment."""
    now = timezone.now()
    with transaction.atomic():
        done = _free(now, pk=delivery.pk, state=State.PENDING).update(
            state=State.CANCELLED, next_attempt_at=None, settled_at=now, lease_token=None, leased_until=None
        )
        if not done:
            raise Conflict("not_pending", _("This delivery is not waiting to be sent."))
        audit.log(delivery.webhook_id, Change.Kind.CANCELLED, by=by, detail=delivery.event_id.hex)
    delivery.refresh_from_db()


def cancel_all(webhook: Webhook, *, by: Principal) -> int:
    """Cancel every pending delivery of `webhook` but those being sent; tell how many."""
    with transaction.atomic():
        count = settle_waiting(webhook, state=State.CANCELLED)
        audit.log(webhook.pk, Change.Kind.CANCELLED, by=by, detail=str(count))
    return count


def replay(webhook: Webhook, selection: Selection, *, by: Principal, fresh_ids: bool = False) -> int:
    """Have the selected deliveries sent again, paced, and tell how many; `selection.of(webhook).count()` tells before.

    Under the same id a receiver knows what it has had already; with `fresh_ids` every one is new to it.
    Raise `Conflict` when there are too many, or the webhook is disabled or deleted.
    """
    start = timezone.now()
    count = 0
    with transaction.atomic():
        _check_enabled(webhook)
        ids = list(selection.of(webhook).values_list("pk", flat=True)[: MAX_REPLAY + 1])
        if len(ids) > MAX_REPLAY:
            raise Conflict("too_many", _("More than 50,000 deliveries at once: choose a shorter period."))
        for step, chunk in enumerate(_in_steps(ids)):
            at = start + timedelta(seconds=step * REPLAY_STEP_DELIVERIES / REPLAYS_PER_S)
            count += _copy(chunk, at=at) if fresh_ids else _again(chunk, at=at)
        audit.log(webhook.pk, Change.Kind.REPLAYED, by=by, detail=str(count))
        transaction.on_commit(wakeup.ring, robust=True)
    return count


def _again(ids: Sequence[int], *, at: datetime) -> int:
    return Delivery.objects.filter(pk__in=ids, state__in=SETTLED).update(
        state=State.PENDING, trigger=Trigger.REPLAY, failures=0, next_attempt_at=at, settled_at=None
    )


def _copy(ids: Sequence[int], *, at: datetime) -> int:
    """Make a copy of each event under a fresh id, and its delivery; the originals stay what they are."""
    deliveries = Delivery.objects.filter(pk__in=ids).select_related("event").order_by("pk")
    copies = [(_copied(delivery.event), delivery.webhook_id) for delivery in deliveries]
    Event.objects.bulk_create([event for event, _webhook in copies])
    Delivery.objects.bulk_create(
        [
            Delivery(event=event, webhook_id=webhook_id, trigger=Trigger.REPLAY, next_attempt_at=at)
            for event, webhook_id in copies
        ]
    )
    return len(copies)


def _copied(event: Event) -> Event:
    """Give the event again: the same fact and place in the sequence under another id, no part of the journal."""
    event.copy_of = event.copy_of or event.pk
    event.pk = new_id()
    event._state.adding = True
    event.fanned_out_at = timezone.now()
    return event


def _before_the_others(webhook: Webhook, now: datetime) -> datetime:
    """End the webhook's rest, if it rests, and give a due time that comes before those of all that waits."""
    Webhook.objects.filter(pk=webhook.pk, resting_until__gt=now).update(resting_until=now)
    return now - HEAD_START


def _free(now: datetime, *, pk: int, state: str | None = None) -> DeliveryQuerySet:
    """Give the delivery unless a courier holds it."""
    found = Delivery.objects.filter(Q(leased_until__isnull=True) | Q(leased_until__lte=now), pk=pk)
    return found if state is None else found.filter(state=state)


def _check_enabled(webhook: Webhook) -> None:
    """Raise `Conflict` when nothing would be sent; the lock keeps it so until the end of the transaction."""
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

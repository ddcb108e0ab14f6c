"""Fill the queues: fan new events out, see which webhooks have something due, claim what they can take."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from webhooks import wakeup
from webhooks.delivery import claim
from webhooks.delivery.claim import Job, PendingWebhook
from webhooks.delivery.fanout import fan_out
from webhooks.delivery.heartbeat import Heartbeat
from webhooks.delivery.loading import Loader
from webhooks.delivery.queue import MAX_IN_FLIGHT_PER_WEBHOOK, WebhookQueue

MAX_HELD = 2000
"""Deliveries that one courier holds at the most, in flight or waiting for their turn."""

PROBE_MARGIN = timedelta(seconds=5)
"""While one courier probes a webhook, the others leave it alone for as long as an attempt may take, and this longer."""

LISTEN_INTERVAL_S = 0.003
LISTEN_INTERVAL_BUSY_S = 0.02
"""How often a courier listens for new work while no answers come, and while they keep coming."""

FETCH_INTERVAL_S = 0.25
"""How often it looks for what became due without anybody telling it: at all webhooks with pending deliveries. While it
is busy it looks between these times only at those that got new ones and those that ran empty: hundreds that wait for
something, such as the names of their hosts, are not read again for each new event."""


class Fetcher:
    """The claiming half of a courier: the webhooks' queues, and all that it reads from the database to fill them.

    `may_have_more`: there may be more to claim than the last `fetch` found.
    """

    def __init__(self, heartbeat: Heartbeat, *, timeout_s: float) -> None:
        self.may_have_more = True
        self._heartbeat = heartbeat
        self._timeout = timedelta(seconds=timeout_s)
        self._loader = Loader()
        self._queues: dict[int, WebhookQueue] = {}
        self._after = 0
        self._looked_s = 0.0
        self._listened_s = self._fetched_s = self._fetch_took_s = 0.0

    @property
    def waiting(self) -> int:
        """How many deliveries wait in the queues."""
        return sum(len(queue.waiting) for queue in self._queues.values())

    def delivery_ids(self) -> set[int]:
        """Return the deliveries that wait in the queues."""
        return {job.delivery_id for queue in self._queues.values() for job in queue.waiting}

    def look_again(self) -> None:
        """Take note that there may be something to claim."""
        self.may_have_more = True

    def listen(self, *, busy: bool) -> None:
        """Ask, if it is time to, whether somebody said that there is new work; less often while answers keep coming."""
        now = time.monotonic()
        if now - self._listened_s >= (LISTEN_INTERVAL_BUSY_S if busy else LISTEN_INTERVAL_S):
            self._listened_s = now
            self.may_have_more = wakeup.listen() or self.may_have_more

    def is_due(self, *, idle: bool, wanted: bool) -> bool:
        """Return whether to `fetch` now: `wanted` or not, there is more, or nobody looked for a while.

        Unless the courier is idle, as long as the last fetch took passes until the next: sending gets its share.
        """
        since_s = time.monotonic() - self._fetched_s
        if since_s >= FETCH_INTERVAL_S:
            return True
        return (self.may_have_more or wanted) and (idle or since_s >= self._fetch_took_s)

    def fetch(self, *, now: datetime, in_flight: int) -> list[WebhookQueue]:
        """Claim what is due at `now`, with `in_flight` deliveries in flight, and return the queues that got some."""
        began_s = time.monotonic()
        if self._heartbeat.beat(now):
            self._looked_s = 0.0  # the limits are divided anew: of every webhook, before a courier that joins goes on
        fanned_out = fan_out(now)
        is_busy = bool(in_flight or self.waiting)
        if is_busy and not self._after and began_s - self._looked_s < FETCH_INTERVAL_S:
            webhooks = claim.pending_among(fanned_out.webhook_ids | self._empty_queues())
            is_full = False
        else:
            self._looked_s = self._looked_s if self._after else began_s
            webhooks = claim.pending_webhooks(after=self._after)
            is_full = len(webhooks) >= claim.MAX_WEBHOOKS_PER_LOOK
            self._after = webhooks[-1].webhook_id if is_full else 0
        filled = self._claim(webhooks, now=now, budget=MAX_HELD - in_flight - self.waiting)
        self._forget_idle_queues()
        self.may_have_more = fanned_out.events > 0 or is_full
        self._fetched_s = time.monotonic()
        self._fetch_took_s = self._fetched_s - began_s
        return filled

    def drain(self) -> list[int]:
        """Empty the queues, and return the deliveries that waited there."""
        return [delivery_id for queue in self._queues.values() for delivery_id in queue.clear()]

    def _empty_queues(self) -> set[int]:
        """Return the webhooks whose queue has run empty although there may be more to claim."""
        return {pk for pk, queue in self._queues.items() if queue.may_have_more and not queue.waiting}

    def _claim(self, webhooks: Sequence[PendingWebhook], *, now: datetime, budget: int) -> list[WebhookQueue]:
        wanted = self._wanted(webhooks, now=now, budget=budget)
        until = now + self._timeout + claim.LEASE_MARGIN
        jobs = claim.claim(wanted, token=self._heartbeat.token, now=now, until=until)
        filled = self._enqueue(jobs, now=now) if jobs else []
        for webhook_id, most in wanted.items():
            queue = self._queues[webhook_id]
            queue.may_have_more = len(queue.waiting) >= most
        return filled

    def _wanted(self, webhooks: Sequence[PendingWebhook], *, now: datetime, budget: int) -> dict[int, int]:
        """Return how many deliveries to claim for each webhook, by its id: not more than `budget` in all.

        Beyond it, a webhook for which this courier holds nothing still gets one: the others must not keep it waiting.
        """
        wanted: dict[int, int] = {}
        for webhook in webhooks:
            queue = self._queues.get(webhook.webhook_id)
            if queue is not None and queue.waiting and queue.revision != webhook.revision:
                # The webhook was changed: what waits is claimed again with its new settings, or not at all.
                claim.release(queue.clear(), token=self._heartbeat.token)
            if not webhook.alive or not webhook.enabled:
                claim.settle_undeliverable(webhook, now=now)
                if not webhook.alive:
                    continue
            most = max(budget, 1) if queue is None or queue.is_idle else budget
            if webhook.due_at > now or most <= 0:
                continue
            number = min(self._room(webhook, now=now), most)
            if number > 0:
                wanted[webhook.webhook_id] = number
                budget -= number
        return wanted

    def _room(self, webhook: PendingWebhook, *, now: datetime) -> int:
        """Return how many deliveries a webhook can take: none while it rests, one when its rest is over."""
        queue = self._queues.setdefault(webhook.webhook_id, WebhookQueue(webhook.webhook_id))
        limit = self._heartbeat.share_of(MAX_IN_FLIGHT_PER_WEBHOOK, key=webhook.webhook_id)
        queue.update(webhook, limit=limit)
        if webhook.resting_until is not None and webhook.resting_until > now:
            return 0
        if not webhook.needs_probe:
            return queue.room()
        if not queue.is_idle or not limit:
            return 0
        until = now + self._timeout + PROBE_MARGIN
        return 1 if claim.begin_probe(webhook.webhook_id, now=now, until=until) else 0

    def _enqueue(self, jobs: Sequence[Job], *, now: datetime) -> list[WebhookQueue]:
        """Put jobs into the queues of their webhooks, with all that is needed to prepare their requests."""
        webhook_ids = {job.webhook_id for job in jobs}
        subscribers = self._loader.subscribers({pk: self._queues[pk].revision for pk in webhook_ids})
        messages = self._loader.messages(job.event_id for job in jobs)
        for job in jobs:
            queue = self._queues[job.webhook_id]
            job.message = messages.get(job.event_id)
            subscriber = subscribers.get(job.webhook_id)
            if subscriber is not queue.subscriber:
                queue.set_subscriber(subscriber, job.message, now=now)
            queue.waiting.append(job)
        return [self._queues[webhook_id] for webhook_id in webhook_ids]

    def _forget_idle_queues(self) -> None:
        """Keep not many more queues than deliveries: what was learnt of a quiet webhook is learnt again."""
        if len(self._queues) > 2 * MAX_HELD:
            for pk in [pk for pk, queue in self._queues.items() if queue.is_idle]:
                del self._queues[pk]

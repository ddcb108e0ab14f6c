"""The jobs that a courier holds: a queue for each webhook, and which of the queues may send next."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from webhooks.delivery.claim import Job, PendingWebhook
from webhooks.delivery.loading import Subscriber, Unpreparable
from webhooks.targets import Message

MAX_IN_FLIGHT_PER_WEBHOOK = 8
"""Requests in flight to one webhook at the most, all couriers together."""

MAX_IN_FLIGHT_PER_HOST = 32
"""Requests in flight to one destination host at the most, all couriers together."""

INITIAL_SLOTS = 2
"""Requests in flight to a webhook of which nothing is known yet: it gets one more with each answer."""

PREFETCH_S = 0.1
MAX_PREFETCH = 128
"""How many jobs a queue holds beyond its slots: what the webhook answers in `PREFETCH_S`, at most `MAX_PREFETCH`. A
slow webhook gets none, so that what is claimed is sent soon, with the settings of that moment."""

LATENCY_SMOOTHING = 0.2
"""Weight of the latest answer in the moving average of a webhook's latency."""


@dataclass(slots=True, eq=False)
class WebhookQueue:
    """The jobs of one webhook that wait for their turn, and how many requests it can take.

    `limit` is this courier's share of `MAX_IN_FLIGHT_PER_WEBHOOK`, `slots` how many of these the webhook has earned by
    answering. `healthy`: nothing has failed since its last success. `needs_probe`: it was put to rest, and one request
    decides whether it goes on. `may_have_more`: the last claim gave all that it asked for. `silences`: attempts in a
    row that got no answer.
    """

    webhook_id: int
    account_id: int = 0
    revision: int = 0
    host: str = ""
    healthy: bool = True
    needs_probe: bool = False
    may_have_more: bool = False
    limit: int = MAX_IN_FLIGHT_PER_WEBHOOK
    slots: int = INITIAL_SLOTS
    in_flight: int = 0
    silences: int = 0
    latency_s: float | None = None
    subscriber: Subscriber | None = None
    waiting: deque[Job] = field(default_factory=deque)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits here and nothing is in flight."""
        return not (self.in_flight or self.waiting)

    @property
    def is_waiting(self) -> bool:
        """Whether something waits here: as long as it does, the name of its host is looked up for it."""
        return bool(self.waiting)

    def may_send(self) -> bool:
        """Return whether one more request may be in flight."""
        return self.in_flight < min(self.slots, self.limit)

    def room(self) -> int:
        """Return how many more deliveries are worth claiming now."""
        slots = min(self.slots, self.limit)
        if self.latency_s is None or slots == 0:
            prefetch = 0
        elif self.latency_s * MAX_PREFETCH <= slots * PREFETCH_S:
            prefetch = MAX_PREFETCH
        else:
            prefetch = int(slots * PREFETCH_S / self.latency_s)
        return max(0, max(slots, prefetch) - self.in_flight - len(self.waiting))

    def clear(self) -> list[int]:
        """Remove the jobs that wait, and return the ids of their deliveries."""
        waiting = [job.delivery_id for job in self.waiting]
        self.waiting.clear()
        self.may_have_more = False
        return waiting

    def record_attempt(self, *, answered: bool, duration_s: float) -> None:
        """Adapt the slots to an attempt: an answer earns one more, silence leaves only one."""
        if not answered:
            self.slots = 1
            self.silences += 1
            self.latency_s = None
            return
        self.silences = 0
        self.slots = min(self.slots + 1, MAX_IN_FLIGHT_PER_WEBHOOK)
        if self.latency_s is None:
            self.latency_s = duration_s
        else:
            self.latency_s += LATENCY_SMOOTHING * (duration_s - self.latency_s)

    def set_subscriber(self, subscriber: Subscriber | None, message: Message | None, *, now: datetime) -> None:
        """Use other settings (None: they cannot be read); a request for `message` shows to which host they lead."""
        self.subscriber = subscriber
        if subscriber is not None and message is not None:
            try:
                self.host = host_of(subscriber.prepare(message, now=now).url)
            except Unpreparable:
                self.host = ""

    def update(self, webhook: PendingWebhook, *, limit: int) -> None:
        """Take over the state of the webhook in the database, and this courier's share of the limit."""
        self.limit, self.healthy, self.needs_probe = limit, webhook.healthy, webhook.needs_probe
        self.account_id, self.revision = webhook.account_id, webhook.revision
        if webhook.needs_probe:
            self.slots = 1


def host_of(url: str) -> str:
    """Return the destination host of a URL, as the limit per host counts it."""
    return (urlsplit(url).hostname or "").rstrip(".").lower()


class FairQueue:
    """The webhooks' queues that may send, account by account in turn.

    Those whose host is busy wait apart, and so do those whose host is being looked up.
    """

    def __init__(self) -> None:
        self._by_account: dict[int, deque[WebhookQueue]] = {}
        self._entered: set[int] = set()
        self._looked_up: set[int] = set()
        self._waiting_for_host: dict[str, list[WebhookQueue]] = defaultdict(list)
        self._in_flight: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._by_account)

    @property
    def waits_for_names(self) -> bool:
        """Whether queues wait apart for the names of their hosts."""
        return bool(self._looked_up)

    def push(self, queue: WebhookQueue) -> None:
        """Add a queue that has something to send and may; one that was added before keeps its place."""
        if queue.webhook_id in self._entered or not queue.waiting or not queue.may_send():
            return
        self._entered.add(queue.webhook_id)
        self._by_account.setdefault(queue.account_id, deque()).append(queue)

    def pop(self, *, host_limit: int) -> WebhookQueue | None:
        """Remove and return the next queue whose host has fewer than `host_limit` requests in flight, or None."""
        while self._by_account:
            account_id = next(iter(self._by_account))
            queues = self._by_account.pop(account_id)
            queue = queues.popleft()
            if queues:
                self._by_account[account_id] = queues  # at the end: the other accounts come first
            self._entered.discard(queue.webhook_id)
            if not queue.waiting or not queue.may_send():
                continue
            if self._in_flight[queue.host] < host_limit:
                return queue
            self._entered.add(queue.webhook_id)
            self._waiting_for_host[queue.host].append(queue)
        return None

    def set_apart(self, queue: WebhookQueue) -> None:
        """Let a queue that was popped wait until the name of its host is known."""
        self._entered.add(queue.webhook_id)
        self._looked_up.add(queue.webhook_id)

    def bring_back(self, queue: WebhookQueue) -> None:
        """Add a queue again that was set apart."""
        self._looked_up.discard(queue.webhook_id)
        self._entered.discard(queue.webhook_id)
        self.push(queue)

    def request_started(self, host: str) -> None:
        """Count one more request in flight to `host`."""
        self._in_flight[host] += 1

    def request_ended(self, host: str) -> None:
        """Count one request less in flight to `host`, and add the queues again that waited for it."""
        self._in_flight[host] -= 1
        if self._in_flight[host] <= 0:
            del self._in_flight[host]
        for queue in self._waiting_for_host.pop(host, ()):
            self._entered.discard(queue.webhook_id)
            self.push(queue)

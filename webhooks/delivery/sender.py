"""Send what waits in the queues, in fair turns, and turn what comes back into results."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import cast

from django.conf import settings

from webhooks.delivery import retry
from webhooks.delivery.circuit_breaker import REST_AFTER
from webhooks.delivery.claim import Job
from webhooks.delivery.connection import DatabaseClock
from webhooks.delivery.health import AttemptReport
from webhooks.delivery.loading import Unpreparable
from webhooks.delivery.queue import MAX_IN_FLIGHT_PER_HOST, FairQueue, WebhookQueue
from webhooks.delivery.result import NO_ANSWER, result_of
from webhooks.delivery.settle import ResultBuffer
from webhooks.egress import ErrorClass, HttpClient, OutgoingRequest, Response
from webhooks.logs import Log
from webhooks.models.delivery import Delivery, Trigger
from webhooks.targets import Outcome, Target, Verdict

logger = Log(logging.getLogger(__name__))

MAX_IN_FLIGHT = 500
"""Requests that one courier has in flight at the most."""


class DeliverySender:
    """The sending half of a courier: it takes queues, and puts what became of their jobs into `buffer`."""

    def __init__(self, client: HttpClient, *, clock: DatabaseClock, buffer: ResultBuffer) -> None:
        self._client = client
        self._clock = clock
        self._buffer = buffer
        self._ready = FairQueue()
        self._in_flight: dict[Job, WebhookQueue] = {}
        self._wants_more = False
        self._schedule_s = tuple(settings.WEBHOOK_RETRY_SCHEDULE_S) or retry.RETRY_SCHEDULE_S
        self._timeout = timedelta(seconds=settings.WEBHOOK_TIMEOUT_S)

    @property
    def in_flight(self) -> int:
        """How many requests are in flight."""
        return self._client.in_flight

    @property
    def is_idle(self) -> bool:
        """Whether nothing is in flight and nothing can be sent now."""
        return not (self._client.in_flight or self._ready or self._ready.waits_for_names)

    @property
    def wants_more(self) -> bool:
        """Whether a queue has run empty, since queues were last added, for which there may be more to claim."""
        return self._wants_more

    def delivery_ids(self) -> set[int]:
        """Return the deliveries in flight."""
        return {job.delivery_id for job in self._in_flight}

    def add(self, queues: Iterable[WebhookQueue]) -> None:
        """Take queues that were filled."""
        self._wants_more = False
        for queue in queues:
            self._ready.push(queue)

    def send(self, *, host_limit: int = MAX_IN_FLIGHT_PER_HOST) -> int:
        """Send, queue by queue in turn, until none can send any more; return the number of requests sent."""
        now = self._clock.now()
        sent = 0
        while self._ready and self._client.in_flight < MAX_IN_FLIGHT:
            queue = self._ready.pop(host_limit=host_limit)
            if queue is None:
                break
            sent += self._send(queue, now=now)
            self._ready.push(queue)
        return sent

    def collect(self, timeout_s: float) -> int:
        """Wait up to `timeout_s` for answers; return how many came."""
        answers = cast("list[tuple[Job, Response]]", self._client.poll(timeout_s))
        for queue in cast("list[WebhookQueue]", self._client.looked_up()):
            self._ready.bring_back(queue)
        if answers:
            now = self._clock.now()
            for job, response in answers:
                self._take_answer(job, response, now=now)
        return len(answers)

    def abort(self) -> None:
        """Break off what is in flight, and release its deliveries."""
        aborted = cast("list[Job]", self._client.abort_all())
        for job in aborted:
            self._end_request(job)
        self._buffer.release(job.delivery_id for job in aborted)

    def _send(self, queue: WebhookQueue, *, now: datetime) -> int:
        """Send the next job of a queue, or let the queue wait until the name of its host is known."""
        job = queue.waiting[0]
        request = self._prepared(queue, job, now=now)
        lookup = None
        if request is not None:
            lookup = self._client.look_up(request.url, queue, owner=queue.account_id)
            if lookup is None:
                self._ready.set_apart(queue)
                return 0
        queue.waiting.popleft()
        if request is None:
            return 0
        job.request = request
        self._client.submit(job, request, group=queue.webhook_id, lookup=lookup)
        self._in_flight[job] = queue
        queue.in_flight += 1
        self._ready.request_started(queue.host)
        return 1

    def _prepared(self, queue: WebhookQueue, job: Job, *, now: datetime) -> OutgoingRequest | None:
        """Return the request of a job; None when there is none to send, and what becomes of the job is decided."""
        if job.leased_until - now < self._timeout:
            self._buffer.release([job.delivery_id])  # it waited so long that its lease could end before its answer
        elif job.message is None or queue.subscriber is None:
            self._fail(queue, job, "What was to be sent cannot be read by the server.", now=now)
        else:
            try:
                return queue.subscriber.prepare(job.message, now=now)
            except Unpreparable:
                logger.exception("a request could not be prepared")
                self._fail(queue, job, "The request could not be prepared by the server.", now=now)
        return None

    def _fail(self, queue: WebhookQueue, job: Job, reason: str, *, now: datetime) -> None:
        """End a job that failed on our side: it is tried again on schedule, the webhook is not blamed."""
        self._finish(queue, job, Outcome(Verdict.RETRY, ErrorClass.PROTOCOL, reason), None, now=now)

    def _end_request(self, job: Job) -> WebhookQueue:
        queue = self._in_flight.pop(job)
        queue.in_flight -= 1
        self._ready.request_ended(queue.host)
        return queue

    def _take_answer(self, job: Job, response: Response, *, now: datetime) -> None:
        """Judge an answer, learn from it, and let the next job of its queue go."""
        queue = self._end_request(job)
        outcome = _judge(queue, response)
        self._finish(queue, job, outcome, response, now=now)
        queue.record_attempt(answered=outcome.error not in NO_ANSWER, duration_s=response.duration_ms / 1000)
        if outcome.verdict is Verdict.GONE or queue.silences >= REST_AFTER or _asks_for_a_pause(outcome, response):
            self._buffer.release(queue.clear())  # the webhook will be disabled, or rest
            self._buffer.hurry()
        if queue.waiting:
            self._ready.push(queue)
        elif queue.may_have_more:
            self._wants_more = True

    def _finish(
        self, queue: WebhookQueue, job: Job, outcome: Outcome, response: Response | None, *, now: datetime
    ) -> None:
        """Add the result of a job, and what it says of its webhook unless that is known already."""
        delivered = outcome.verdict is Verdict.DELIVERED
        result = result_of(
            job,
            outcome,
            response,
            now=now,
            spread=random.uniform(-1, 1),  # noqa: S311 -- jitter, not a secret
            schedule_s=self._schedule_s,
            horizon=None if delivered else _horizon(queue, job),
        )
        self._buffer.add(result)
        if logger.isEnabledFor(logging.DEBUG):
            what = job.message.type if job.message else ""
            came = result.status_code or result.error
            logger.debug("delivery %-28s %s → %s (%s, %d ms)", what, result.state, result.url, came, result.duration_ms)
        if job.request is None or job.trigger == Trigger.TEST or (delivered and queue.healthy):
            return
        report = AttemptReport(
            verdict=outcome.verdict,
            silent=outcome.error in NO_ANSWER,
            pause_s=outcome.retry_after_s if _asks_for_a_pause(outcome, response) else None,
            probe=queue.needs_probe,
            exhausted=result.state == Delivery.State.FAILED,
        )
        self._buffer.report(queue.webhook_id, report)
        queue.healthy = delivered


def _judge(queue: WebhookQueue, response: Response) -> Outcome:
    subscriber = queue.subscriber
    if subscriber is None:
        return Outcome(Verdict.RETRY, response.error, response.reason)
    try:
        return subscriber.target.judge(response, subscriber.settings)
    except Exception:  # a bug in one target must not stop the others, nor have sent again what was delivered
        logger.exception("an answer could not be judged; its status decides")
        return Target.judge(subscriber.target, response, subscriber.settings)


def _horizon(queue: WebhookQueue, job: Job) -> datetime | None:
    """Return the time after which the target does not accept the event any more, if there is one."""
    if queue.subscriber is None or job.message is None:
        return None
    try:
        horizon_s = queue.subscriber.target.retry_horizon_s(queue.subscriber.settings)
    except Exception:  # as above
        logger.exception("a target failed to return its horizon")
        return None
    return None if horizon_s is None else job.message.occurred_at + timedelta(seconds=horizon_s)


def _asks_for_a_pause(outcome: Outcome, response: Response | None) -> bool:
    """Return whether the receiver wants nothing for a while: 429 with a Retry-After (RFC 6585 §4)."""
    return response is not None and response.status == 429 and bool(outcome.retry_after_s)

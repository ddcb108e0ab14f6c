"""Whatever happens to deliveries, in whatever order: none is lost, none is held twice, none comes back by itself."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import time_machine
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.principal import WORKER
from tests.factories import AccountFactory, EventFactory, WebhookFactory
from tests.webhooks.delivery.conftest import make_result
from webhooks.delivery import claim, fanout
from webhooks.delivery.result import Result
from webhooks.delivery.settle import settle
from webhooks.models import Attempt, Delivery, Event, Webhook
from webhooks.subscriptions import services

LEASE = timedelta(seconds=45)
BEGINNING = datetime(2026, 3, 1, 12, tzinfo=UTC)


def result(delivery_id: int, *, state: str, now: datetime, wait_s: int) -> Result:
    next_attempt_at = now + timedelta(seconds=wait_s) if state == "pending" else None
    failures = 0 if state == "delivered" else 1
    return make_result(delivery_id, state=state, failures=failures, next_attempt_at=next_attempt_at)


class Deliveries(RuleBasedStateMachine):
    """Two couriers and an administrator at work on the same two webhooks."""

    tokens = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGINNING
        self.clock = time_machine.travel(self.now, tick=False)
        self.traveller = self.clock.start()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.held: dict[UUID, dict[int, datetime]] = {}
        self.attempts = 0
        self.final: dict[int, str] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)
        self.clock.stop()

    @initialize()
    def begin(self) -> None:
        self.account = AccountFactory.create()
        self.webhooks = [WebhookFactory.create(account=self.account), WebhookFactory.create(account=self.account)]

    @initialize(target=tokens)
    def first_courier(self) -> UUID:
        return uuid4()

    @rule(target=tokens)
    def another_courier(self) -> UUID:
        return uuid4()

    @rule()
    def an_event_is_recorded(self) -> None:
        EventFactory.create(account=self.account, fanned_out_at=None)

    @rule()
    def fan_out(self) -> None:
        fanout.fan_out(self.now)

    @rule(seconds=st.sampled_from([1, 10, 46, 600]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.traveller.move_to(self.now)

    @rule(token=tokens, most=st.integers(1, 3))
    def claim(self, token: UUID, most: int) -> None:
        wanted = {webhook.pk: most for webhook in self.webhooks}
        free = {d.pk for d in Delivery.objects.due(self.now)}
        for job in claim.claim(wanted, token=token, now=self.now, until=self.now + LEASE):
            assert job.delivery_id in free, "what is not due, or held by another, was claimed"
            for other in self.held.values():
                other.pop(job.delivery_id, None)
            self.held.setdefault(token, {})[job.delivery_id] = self.now + LEASE

    @rule(token=tokens, state=st.sampled_from(["delivered", "failed", "pending"]), wait_s=st.sampled_from([0, 5]))
    def settle(self, token: UUID, state: str, wait_s: int) -> None:
        batch = [result(pk, state=state, now=self.now, wait_s=wait_s) for pk in self.held.pop(token, {})]
        settle(batch, token=token, now=self.now)
        self.attempts += len(batch)

    @rule(token=tokens)
    def settle_with_a_token_that_was_lost(self, token: UUID) -> None:
        """A courier that was taken for dead comes back with its answers: attempts are kept, nothing else changes."""
        before = list(Delivery.objects.order_by("pk").values())
        batch = [result(pk, state="delivered", now=self.now, wait_s=0) for pk in self.held.get(token, {})]
        assert settle(batch, token=uuid4(), now=self.now) == 0
        self.attempts += len(batch)
        assert list(Delivery.objects.order_by("pk").values()) == before

    @rule(token=tokens)
    def crash(self, token: UUID) -> None:
        self.held.pop(token, None)

    @rule(token=tokens)
    def a_courier_is_found_dead(self, token: UUID) -> None:
        claim.release_all_of([token])
        self.held.pop(token, None)

    @rule(token=tokens)
    def release(self, token: UUID) -> None:
        claim.release(list(self.held.pop(token, {})), token=token)

    @rule(which=st.integers(0, 1))
    def switch(self, which: int) -> None:
        webhook = Webhook.objects.get(pk=self.webhooks[which].pk)
        if webhook.enabled:
            services.disable_webhook(webhook, by=WORKER)
        else:
            services.enable_webhook(webhook, by=WORKER)

    @rule(which=st.integers(0, 1))
    def cancel_what_waits(self, which: int) -> None:
        self.webhooks[which].deliveries.all().settle_unsent(Delivery.State.CANCELLED, now=self.now)

    @invariant()
    def nothing_is_lost(self) -> None:
        for event in Event.objects.filter(account=getattr(self, "account", None), fanned_out_at__isnull=False):
            assert event.deliveries.count() == 2

    @invariant()
    def what_is_final_stays(self) -> None:
        states = dict(Delivery.objects.values_list("pk", "state"))
        for pk, state in self.final.items():
            assert states[pk] == state
        self.final = {pk: state for pk, state in states.items() if state in Delivery.SETTLED}

    @invariant()
    def every_attempt_is_kept(self) -> None:
        assert Attempt.objects.count() == self.attempts

    @invariant()
    def a_lease_belongs_to_who_holds_it(self) -> None:
        for token, held in self.held.items():
            live = {pk for pk, until in held.items() if until > self.now}
            leased = Delivery.objects.filter(pk__in=live, state="pending")
            assert set(leased.values_list("lease_token", flat=True)) <= {token}


def test_no_order_of_events_loses_a_delivery_or_holds_it_twice(db):
    run_state_machine_as_test(
        Deliveries,
        settings=settings(
            max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

"""The queues: how much a webhook gets at once, and whose turn it is."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webhooks.delivery.conftest import NOW, make_job
from webhooks.delivery.claim import PendingWebhook
from webhooks.delivery.queue import (
    INITIAL_SLOTS,
    MAX_IN_FLIGHT_PER_WEBHOOK,
    MAX_PREFETCH,
    PREFETCH_S,
    FairQueue,
    WebhookQueue,
    host_of,
)

attempts = st.lists(st.tuples(st.booleans(), st.floats(0, 20)), max_size=50)


def queue_of(n: int, *, webhook_id: int = 1, **fields: Any) -> WebhookQueue:
    """Return a queue in which `n` jobs wait."""
    queue = WebhookQueue(webhook_id, **fields)
    queue.waiting.extend(make_job(delivery_id=number, webhook_id=webhook_id) for number in range(n))
    return queue


def pending(**fields: object) -> PendingWebhook:
    known: dict[str, Any] = {"webhook_id": 1, "account_id": 7, "revision": 3, "due_at": NOW}
    healthy = {"alive": True, "enabled": True, "resting_until": None, "needs_probe": False, "healthy": True}
    return PendingWebhook(**{**known, **healthy, **fields})


@given(attempts)
def test_an_answer_earns_a_slot_up_to_the_limit_and_silence_leaves_one(history):
    queue = WebhookQueue(1)
    expected = INITIAL_SLOTS
    for answered, duration_s in history:
        queue.record_attempt(answered=answered, duration_s=duration_s)
        expected = min(expected + 1, MAX_IN_FLIGHT_PER_WEBHOOK) if answered else 1
        assert queue.slots == expected


@given(attempts)
def test_silences_are_counted_since_the_last_answer(history):
    queue = WebhookQueue(1)
    for answered, duration_s in history:
        queue.record_attempt(answered=answered, duration_s=duration_s)

    answers = [answered for answered, _duration_s in history]
    assert queue.silences == (answers[::-1].index(True) if True in answers else len(answers))


@given(st.lists(st.floats(0, 20), min_size=1, max_size=50))
def test_the_average_latency_lies_between_the_shortest_and_the_longest(durations):
    queue = WebhookQueue(1)
    for duration_s in durations:
        queue.record_attempt(answered=True, duration_s=duration_s)

    assert min(durations) - 1e-9 <= queue.latency_s <= max(durations) + 1e-9


@given(
    slots=st.integers(1, MAX_IN_FLIGHT_PER_WEBHOOK),
    limit=st.integers(0, MAX_IN_FLIGHT_PER_WEBHOOK),
    in_flight=st.integers(0, MAX_IN_FLIGHT_PER_WEBHOOK),
    waiting=st.integers(0, 40),
    latency_s=st.none() | st.floats(0, 20),
)
def test_room_is_what_the_slots_and_the_speed_of_the_webhook_allow(slots, limit, in_flight, waiting, latency_s):
    queue = queue_of(waiting, slots=slots, limit=limit, in_flight=in_flight, latency_s=latency_s)

    room, usable = queue.room(), min(slots, limit)

    assert 0 <= room <= max(usable, MAX_PREFETCH)
    if usable == 0:
        assert room == 0
    elif latency_s is None or latency_s > MAX_IN_FLIGHT_PER_WEBHOOK * PREFETCH_S:
        assert room == max(0, usable - in_flight - waiting)
    elif latency_s == 0:
        assert room == max(0, MAX_PREFETCH - in_flight - waiting)


def test_a_webhook_that_answers_in_ten_milliseconds_gets_what_it_takes_in_a_tenth_of_a_second():
    assert WebhookQueue(1, slots=8, latency_s=0.01).room() == 80


def test_a_webhook_that_never_takes_a_measurable_time_gets_the_most():
    queue = WebhookQueue(1)
    queue.record_attempt(answered=True, duration_s=0.001)
    for _ in range(5000):  # the average comes so close to nothing that dividing by it overflows
        queue.record_attempt(answered=True, duration_s=0.0)
        assert queue.room() <= MAX_PREFETCH

    assert queue.room() == MAX_PREFETCH


@pytest.mark.parametrize(
    ("slots", "limit", "in_flight", "may"), [(2, 8, 1, True), (2, 8, 2, False), (8, 1, 1, False), (8, 0, 0, False)]
)
def test_a_queue_may_send_while_it_has_a_slot_of_its_own_and_of_this_courier(slots, limit, in_flight, may):
    assert WebhookQueue(1, slots=slots, limit=limit, in_flight=in_flight).may_send() is may


def test_a_cleared_queue_gives_up_its_jobs_and_expects_no_more():
    queue = queue_of(3, may_have_more=True)

    assert (queue.clear(), len(queue.waiting), queue.may_have_more) == ([0, 1, 2], 0, False)


def test_a_webhook_that_needs_a_probe_has_one_slot_whatever_it_had_earned():
    queue = WebhookQueue(1, slots=8)

    queue.update(pending(needs_probe=True, healthy=False), limit=4)

    assert (queue.slots, queue.limit, queue.needs_probe, queue.healthy) == (1, 4, True, False)
    assert (queue.account_id, queue.revision) == (7, 3)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Hooks.Example./in", "hooks.example"),
        ("http://127.0.0.1:8000/?a=b", "127.0.0.1"),
        ("http://[::1]:80/", "::1"),
        ("nonsense", ""),
    ],
)
def test_hosts_are_counted_by_name_without_port_case_and_final_dot(url, host):
    assert host_of(url) == host


@given(st.lists(st.integers(1, 6), min_size=1, max_size=8))
def test_accounts_take_turns_however_many_webhooks_they_have(webhooks_by_account):
    fair = FairQueue()
    for account_id, webhooks in enumerate(webhooks_by_account):
        for n in range(webhooks):
            fair.push(queue_of(100, webhook_id=100 * account_id + n, account_id=account_id))

    for _round in range(3):
        turns = []
        for _turn in webhooks_by_account:
            queue = fair.pop(host_limit=1)
            assert queue is not None
            turns.append(queue.account_id)
            fair.push(queue)
        assert sorted(turns) == list(range(len(webhooks_by_account)))


def test_the_webhooks_of_an_account_take_turns():
    fair = FairQueue()
    for webhook_id in (1, 2, 3):
        fair.push(queue_of(10, webhook_id=webhook_id))

    turns = []
    for _ in range(6):
        queue = fair.pop(host_limit=1)
        assert queue is not None
        turns.append(queue.webhook_id)
        fair.push(queue)

    assert turns == [1, 2, 3, 1, 2, 3]


def test_a_queue_stands_in_line_once_and_only_with_something_to_send():
    fair, queue = FairQueue(), queue_of(1)
    fair.push(queue)
    fair.push(queue)
    fair.push(WebhookQueue(2))
    fair.push(queue_of(1, webhook_id=3, limit=0))

    assert (fair.pop(host_limit=1), fair.pop(host_limit=1), bool(fair)) == (queue, None, False)


def test_a_queue_that_was_emptied_while_it_stood_in_line_is_passed_over():
    fair, queue = FairQueue(), queue_of(1)
    fair.push(queue)
    queue.clear()

    assert fair.pop(host_limit=1) is None


@given(
    queues=st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab"), st.integers(1, 5)), min_size=1, max_size=8),
    host_limit=st.integers(1, 4),
    ends=st.lists(st.integers(0, 100), max_size=60),
)
def test_no_host_gets_more_than_its_limit_and_every_job_gets_its_turn(queues, host_limit, ends):
    fair, flying = FairQueue(), []
    jobs: Counter[int] = Counter()
    sent: Counter[int] = Counter()
    in_flight: Counter[str] = Counter()
    most: Counter[str] = Counter()
    for webhook_id, (account_id, host, n) in enumerate(queues):
        fair.push(queue_of(n, webhook_id=webhook_id, account_id=account_id, host=host))
        jobs[webhook_id] = n
    for end in [*ends, *[0] * (sum(jobs.values()) + 1)]:
        while (queue := fair.pop(host_limit=host_limit)) is not None:
            queue.waiting.popleft()
            queue.in_flight += 1
            fair.request_started(queue.host)
            flying.append(queue)
            sent[queue.webhook_id] += 1
            in_flight[queue.host] += 1
            most[queue.host] = max(most[queue.host], in_flight[queue.host])
            fair.push(queue)
        if flying:
            queue = flying.pop(end % len(flying))
            queue.in_flight -= 1
            in_flight[queue.host] -= 1
            fair.request_ended(queue.host)
            fair.push(queue)

    assert sent == jobs
    assert max(most.values()) <= host_limit

"""The scheduler of periodic tasks sleeps between two looks at its schedule."""

from datetime import timedelta

from celery import Celery
from celery.schedules import schedule

from config.beat import SHORTEST_SLEEP_S, Scheduler

PERIOD_S = 60.0


def _scheduler(*, due_in_s: float) -> Scheduler:
    app = Celery("tests", set_as_current=False, broker="memory://")
    scheduler = Scheduler(app, schedule={}, lazy=True)
    entry = scheduler.Entry(name="tick", task="tests.tick", schedule=schedule(PERIOD_S), app=app)
    entry.last_run_at = entry.default_now() - timedelta(seconds=PERIOD_S - due_in_s)
    scheduler.schedule = {"tick": entry}
    return scheduler


def test_a_task_that_is_nearly_due_is_slept_for():
    scheduler = _scheduler(due_in_s=0.005)

    assert scheduler.tick() >= SHORTEST_SLEEP_S


def test_a_task_that_is_due_is_sent():
    scheduler = _scheduler(due_in_s=-1)

    assert scheduler.tick() == SHORTEST_SLEEP_S
    assert scheduler.schedule["tick"].total_run_count == 1

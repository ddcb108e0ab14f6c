"""What the beat calls, and for how long its calls stay good."""

from typing import Any

from django.conf import settings

from webhooks import wakeup

CLOCK_OFF_S = 600


def test_a_worker_whose_clock_is_minutes_ahead_swallows_no_call():
    schedule: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE
    expires = {name: entry["options"]["expires"] for name, entry in schedule.items()}

    assert {name: seconds for name, seconds in expires.items() if seconds < CLOCK_OFF_S} == {}
    assert wakeup.CALL_EXPIRES_S >= CLOCK_OFF_S

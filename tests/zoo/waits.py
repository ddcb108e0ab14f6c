"""Receivers that say when to come back: only a sensible wait is obeyed, and a day at the most."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import ClassVar

from tests.zoo.animal import Animal, Fate, Line, answer, refused

SCHEDULE_S = 3600
BY_SCHEDULE = (SCHEDULE_S * 0.8, SCHEDULE_S * 1.2)
DAY = (86400.0, 86400.0)


def _later(status: int, waits_s: tuple[float, float]) -> Fate:
    return replace(refused(status), waits_s=waits_s)


class Busy(Animal):
    """One that is busy until `retry_after`."""

    retry_after: ClassVar[str] = ""
    status: ClassVar[int] = 503

    def meet(self, line: Line) -> None:
        while line.hear():
            line.say(answer(self.status, f"Retry-After: {self.retry_after}"))


class BusyForTwoHours(Busy):
    """Asks for two hours."""

    retry_after = "7200"
    fate = _later(503, (7200, 7200))


class BusyForAMoment(Busy):
    """Asks for less than the schedule has."""

    retry_after = "1"
    fate = _later(503, BY_SCHEDULE)


class BusyForAges(Busy):
    """Asks for more seconds than there were."""

    retry_after = "999999999999"
    fate = _later(503, DAY)


class BusyBeyondNumbers(Busy):
    """Asks for a number of a thousand digits."""

    retry_after = "9" * 1000
    fate = _later(503, BY_SCHEDULE)


class BusyInThePast(Busy):
    """Asks for a time before now."""

    retry_after = "-7200"
    fate = _later(503, BY_SCHEDULE)


class BusyForNoNumber(Busy):
    """Asks for what Python would read as a number."""

    retry_after = "NaN"
    fate = _later(503, BY_SCHEDULE)


class BusyWithUnderscores(Busy):
    """Writes its number as Python would."""

    retry_after = "7_200"
    fate = _later(503, BY_SCHEDULE)


class BusyInArabic(Busy):
    """Writes its number in bytes that other alphabets use for digits."""

    retry_after = "\u00b2\u00b9"
    fate = _later(503, BY_SCHEDULE)


class BusyUntilADate(Busy):
    """Names the time in two hours; the attempt, which may last a minute, has begun before."""

    fate = _later(503, (7198, 7260))

    def meet(self, line: Line) -> None:
        while line.hear():
            then = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
            line.say(answer(503, f"Retry-After: {format_datetime(then, usegmt=True)}"))


class BusyUntilTheEnd(Busy):
    """Names the last day that a calendar has."""

    retry_after = "Fri, 31 Dec 9999 23:59:59 GMT"
    fate = _later(503, DAY)


class BusySince1970(Busy):
    """Names the first day that a computer has."""

    retry_after = "Thu, 01 Jan 1970 00:00:00 GMT"
    fate = _later(503, BY_SCHEDULE)


class BusyOnNoDay(Busy):
    """Names a day that no calendar has."""

    retry_after = "Wed, 99 Foo 99999 25:61:61 +9999"
    fate = _later(503, BY_SCHEDULE)


class BusyTwice(Busy):
    """Names two times: the first one counts."""

    retry_after = "7200\r\nRetry-After: 86400"
    fate = _later(503, (7200, 7200))


class TooMany(Busy):
    """Has had too many requests, and rests for a while."""

    status = 429
    retry_after = "7200"
    events = 1
    fate = _later(429, (7200, 7200))


class TooManyWithoutAWord(Animal):
    """Has had too many requests, and does not say for how long."""

    says = answer(429)
    fate = _later(429, BY_SCHEDULE)


class TooEarly(Animal):
    """Does not dare to take a request so early."""

    says = answer(425)
    fate = _later(425, BY_SCHEDULE)


class TookTooLong(Animal):
    """Says that the request did not come in time."""

    says = answer(408, "Connection: close")
    fate = _later(408, BY_SCHEDULE)


class MovedForAWhile(Busy):
    """Points elsewhere and asks for a wait, which only a refusal may."""

    status = 302
    retry_after = "7200"
    fate = Fate("pending", "redirect", 302, waits_s=BY_SCHEDULE)

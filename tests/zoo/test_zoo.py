"""Whatever a receiver does, its deliveries are judged, little is kept of it, and its neighbour feels nothing."""

import json
from collections import Counter

import pytest

from tests.audit import acts_on
from tests.zoo.animal import ANIMALS, Connects
from tests.zoo.conftest import DEADLINES_S, FAMILIES, Enclosure, Zoo
from webhooks.models import Attempt, Delivery

COUNTS = {
    "bombs": 8,
    "endless": 15,
    "framing": 18,
    "garbage": 24,
    "hangs": 17,
    "interim": 11,
    "names": 16,
    "redirects": 13,
    "resets": 15,
    "secure": 17,
    "statuses": 15,
    "strays": 14,
    "texts": 20,
    "waits": 18,
}
"""The animals of each family, as docs/security-tests.md counts them."""

MAX_BODY_CHARS = 16384
MAX_HEADERS = 100
MAX_HEADER_BYTES = 16384
"""What is kept of an answer."""

MAX_GROWTH_BYTES = 64 * 1024 * 1024
"""What a courier, and the animals beside it in the same process, may need for a whole family."""


def test_the_animals_are_counted_and_each_says_what_it_does():
    assert {family: len(ANIMALS[family]) for family in FAMILIES} == COUNTS
    assert sum(COUNTS.values()) >= 60
    kinds = [kind for family in ANIMALS.values() for kind in family]
    assert [kind.__name__ for kind in kinds if not (kind.__doc__ or "").endswith((".", ". "))] == []
    assert len({kind.__name__ for kind in kinds}) == len(kinds)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_animal_gets_its_due_and_its_neighbour_feels_nothing(visit, family):
    zoo = visit(family)

    _check_what_was_written(zoo)
    _check_what_is_kept(zoo)
    _check_connections(zoo)
    _check_neighbours(zoo)
    if family in DEADLINES_S:
        _check_that_nobody_waited(zoo)
    assert zoo.grown_bytes < MAX_GROWTH_BYTES


def _check_what_was_written(zoo: Zoo) -> None:
    """Check that each delivery has its fate, one attempt, no lease, and another attempt to come if it is pending."""
    assert _of_each(zoo, Enclosure.fates) == {animal.name: {animal.fate} for animal in zoo.animals()}
    attempts = _of_each(zoo, lambda e: [delivery.attempts.count() for delivery in e.deliveries()])
    assert attempts == {animal.name: [1] * animal.events for animal in zoo.animals()}
    assert not Delivery.objects.filter(lease_token__isnull=False).exists()
    assert not Delivery.objects.filter(state="pending", next_attempt_at=None).exists()
    assert not Delivery.objects.exclude(state="pending").exclude(next_attempt_at=None).exists()


def _check_what_is_kept(zoo: Zoo) -> None:
    """Check that little is kept of an answer, and that it is text which harms no database."""
    for attempt in Attempt.objects.all():
        headers = attempt.response_headers
        assert len(attempt.response_body) <= MAX_BODY_CHARS
        assert len(headers) <= MAX_HEADERS
        assert sum(len(name) + len(value) for name, value in headers) <= MAX_HEADER_BYTES
        text = attempt.response_body + attempt.reason + json.dumps(headers, ensure_ascii=False)
        assert "\0" not in text
        assert text.encode()  # a lone surrogate would raise


def _check_connections(zoo: Zoo) -> None:
    """Check which connections were kept, that the courier never sent twice, nor gave back what it was given."""
    assert _of_each(zoo, _connects) == {animal.name: animal.connects for animal in zoo.animals()}
    said = {animal.name: max((line.said for line in animal.lines), default=0) for animal in zoo.animals()}
    assert {animal.name for animal in zoo.animals() if said[animal.name] > animal.most_bytes} == set()
    heads = b"".join(head.lower() for animal in zoo.animals() for line in animal.lines for head in line.heard)
    assert [word for word in (b"cookie:", b"authorization:", b"expect:", b"referer:") if word in heads] == []


def _connects(enclosure: Enclosure) -> Connects:
    lines, events = len(enclosure.animal.lines), enclosure.animal.events
    if not lines:
        return Connects.NEVER
    return Connects.KEEPS if lines < events else Connects.EACH if lines == events else Connects.AGAIN


def _check_neighbours(zoo: Zoo) -> None:
    """Check that each neighbour got all of its events, once, and that nothing was ever held against it."""
    got = Counter((request.path, request.header("webhook-id")) for request in zoo.neighbours.requests())
    expected = {(f"/{e.animal.name}", d.event_id.hex) for e in zoo.enclosures for d in e.neighbour.deliveries.all()}
    assert got == dict.fromkeys(expected, 1)
    assert len(expected) == sum(animal.events for animal in zoo.animals())
    for enclosure in zoo.enclosures:
        neighbour, events = enclosure.neighbour, enclosure.animal.events
        neighbour.refresh_from_db()
        assert list(neighbour.deliveries.values_list("state", "attempt_count")) == [("delivered", 1)] * events
        statuses = Attempt.objects.filter(delivery__webhook=neighbour).values_list("status_code", flat=True)
        assert list(statuses) == [200] * events
        assert (neighbour.enabled, neighbour.failed_attempts, neighbour.failing_since) == (True, 0, None)
        assert not acts_on(neighbour)


def _check_that_nobody_waited(zoo: Zoo) -> None:
    """Check that the neighbours had all of their events before the courier gave up the first who let it wait."""
    gave_up_s = [
        line.ended_s
        for animal in zoo.animals()
        if animal.fate.error == "timeout"
        for line in animal.lines
        if line.ended_s is not None
    ]
    assert gave_up_s
    assert max(request.at_s for request in zoo.neighbours.requests()) < min(gave_up_s)


def _of_each(zoo: Zoo, look) -> dict[str, object]:
    return {enclosure.animal.name: look(enclosure) for enclosure in zoo.enclosures}

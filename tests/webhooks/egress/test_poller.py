"""Waiting for sockets, with epoll and without."""

import socket
from time import monotonic

import pytest

from webhooks.egress.poller import READ, WRITE, EpollReadiness, SelectorReadiness


@pytest.fixture(params=[EpollReadiness, SelectorReadiness])
def readiness(request):
    readiness = request.param()
    yield readiness
    readiness.close()


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_a_socket_is_ready_for_what_it_is_watched_for(readiness, pair):
    ours, theirs = pair
    readiness.watch(ours.fileno(), READ)
    assert readiness.wait(0) == []
    theirs.send(b"x")
    assert readiness.wait(1) == [(ours.fileno(), READ)]
    readiness.watch(ours.fileno(), WRITE)
    assert readiness.wait(1) == [(ours.fileno(), WRITE)]
    readiness.watch(ours.fileno(), READ | WRITE)
    assert readiness.wait(1) == [(ours.fileno(), READ | WRITE)]


def test_a_forgotten_socket_that_is_ready_does_not_keep_us_awake(readiness, pair):
    ours, theirs = pair
    readiness.watch(ours.fileno(), READ)
    readiness.forget(ours.fileno())
    theirs.close()
    assert readiness.wait(0.05) == []

    started = monotonic()
    assert readiness.wait(0.05) == []
    assert monotonic() - started >= 0.04


def test_a_forgotten_socket_can_be_watched_again(readiness, pair):
    ours, theirs = pair
    for _ in range(2):
        readiness.watch(ours.fileno(), READ)
        readiness.forget(ours.fileno())
        theirs.send(b"x")
        assert readiness.wait(0) == []
    readiness.watch(ours.fileno(), READ)
    assert readiness.wait(1) == [(ours.fileno(), READ)]


def test_the_number_of_a_closed_socket_can_be_another_one(readiness, pair):
    ours, _ = pair
    number = ours.fileno()
    readiness.watch(number, READ)
    readiness.forget(number)
    ours.close()
    new, theirs = socket.socketpair()
    with new, theirs:
        assert number in {new.fileno(), theirs.fileno()}
        watched, other = (new, theirs) if new.fileno() == number else (theirs, new)
        readiness.watch(number, READ)
        other.send(b"x")
        assert readiness.wait(1) == [(watched.fileno(), READ)]

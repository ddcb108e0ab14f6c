"""Waiting for sockets, with epoll and without."""

import select
import socket
from time import monotonic

import pytest

from webhooks.egress.poller import ERROR, READ, WRITE, Poller


@pytest.fixture
def unwatched():
    """The sockets of which it was told that they are readable although nobody waits for them."""
    return []


@pytest.fixture(params=["epoll", "poll"])
def poller(request, monkeypatch, unwatched):
    if request.param == "poll":
        monkeypatch.delattr(select, "epoll")
    poller = Poller(on_unwatched=unwatched.append)
    yield poller
    poller.close()


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_a_socket_is_ready_for_what_it_is_watched_for(poller, pair):
    ours, theirs = pair
    poller.watch(ours.fileno(), READ)
    assert poller.wait(0) == []
    theirs.send(b"x")
    assert poller.wait(1) == [(ours.fileno(), READ)]
    poller.watch(ours.fileno(), WRITE)
    assert poller.wait(1) == [(ours.fileno(), WRITE)]
    poller.watch(ours.fileno(), READ | WRITE)
    assert poller.wait(1) == [(ours.fileno(), READ | WRITE)]


def test_a_forgotten_socket_that_is_ready_does_not_keep_us_awake(poller, pair):
    ours, theirs = pair
    poller.watch(ours.fileno(), READ)
    poller.forget(ours.fileno())
    theirs.close()
    assert poller.wait(0.05) == []

    started = monotonic()
    assert poller.wait(0.05) == []
    assert monotonic() - started >= 0.04


def test_a_forgotten_socket_that_becomes_readable_is_told_of_once(poller, pair, unwatched):
    ours, theirs = pair
    poller.watch(ours.fileno(), READ | WRITE)
    poller.forget(ours.fileno())
    assert [poller.wait(0), poller.wait(0), unwatched] == [[], [], []]
    theirs.send(b"x")
    assert [poller.wait(1), poller.wait(0), unwatched] == [[], [], [ours.fileno()]]


def test_a_forgotten_socket_can_be_watched_again(poller, pair):
    ours, theirs = pair
    for _ in range(2):
        poller.watch(ours.fileno(), READ)
        poller.forget(ours.fileno())
        theirs.send(b"x")
        assert poller.wait(0) == []
    poller.watch(ours.fileno(), READ)
    assert poller.wait(1) == [(ours.fileno(), READ)]


def test_the_number_of_a_closed_socket_can_be_another_one(poller, pair):
    ours, _ = pair
    number = ours.fileno()
    poller.watch(number, READ)
    poller.forget(number)
    ours.close()
    new, theirs = socket.socketpair()
    with new, theirs:
        assert number in {new.fileno(), theirs.fileno()}
        watched, other = (new, theirs) if new.fileno() == number else (theirs, new)
        poller.watch(number, READ)
        other.send(b"x")
        assert poller.wait(1) == [(watched.fileno(), READ)]


def test_a_socket_that_the_other_side_closed_is_ready(poller, pair):
    ours, theirs = pair
    poller.watch(ours.fileno(), READ)
    theirs.close()
    assert poller.wait(1) == [(ours.fileno(), READ | ERROR)]

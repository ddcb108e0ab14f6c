"""The guard against one receiver that has the thread, or the line, for itself."""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest

from tests.polling import eventually
from webhooks.egress import stall
from webhooks.egress.poller import READ, WRITE
from webhooks.egress.stall import READS_PER_LOOK, StallGuard


class Libcurl:
    """Takes steps as it is told to, in place of libcurl's."""

    def __init__(self, step: Callable[[], object]) -> None:
        self._step = step

    def socket_action(self, _fd: int, _ready: int) -> None:
        self._step()


@contextmanager
def connected():
    """Both ends of a TCP connection: ours, and the receiver's."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as ours:
        theirs, _ = server.accept()
        with theirs:
            yield ours, theirs


@pytest.fixture
def ends():
    with connected() as ends:
        yield ends


def work_until_hung_up(ours: socket.socket) -> None:
    """Read, and use the processor, until the other thread hangs up."""
    ours.setblocking(False)
    while True:
        try:
            if ours.recv(65536) == b"":
                return
        except BlockingIOError:
            continue
        except ConnectionError:
            return


def talk(theirs: socket.socket) -> None:
    """Say something until the other side hangs up."""
    with suppress(OSError):
        while True:
            theirs.sendall(bytes(65536))


def test_the_connection_of_a_step_that_does_not_end_is_hung_up(ends):
    ours, theirs = ends
    guard = StallGuard(Libcurl(lambda: work_until_hung_up(ours)))

    guard.step(ours.fileno(), WRITE)
    guard.close()

    assert theirs.recv(1) == b""


def test_of_those_that_were_opened_in_that_step_only_the_one_that_talks_is(ends):
    ours, theirs = ends
    with connected() as (other, their_other), ThreadPoolExecutor(1) as pool:

        def open_both() -> None:
            guard.opened(other)
            guard.opened(ours)
            work_until_hung_up(ours)

        guard = StallGuard(Libcurl(open_both))
        talking = pool.submit(talk, theirs)

        guard.step(stall.NO_FILE, 0)
        guard.close()

        talking.result(60)
        their_other.sendall(b"x")
        assert other.recv(1) == b"x"


def test_a_step_that_waits_for_a_busy_machine_does_no_harm(ends, monkeypatch):
    ours, theirs = ends
    monkeypatch.setattr(stall, "MAX_STEP_S", 0.01)
    guard = StallGuard(Libcurl(lambda: threading.Event().wait(0.2)))

    guard.step(ours.fileno(), WRITE)
    guard.close()

    theirs.sendall(b"x")
    assert ours.recv(1) == b"x"


def test_a_connection_on_which_too_much_comes_for_one_answer_is_hung_up(ends, monkeypatch):
    ours, theirs = ends
    monkeypatch.setattr(stall, "MAX_BYTES", 1000)
    guard = StallGuard(Libcurl(lambda: None))

    def read(n: int) -> None:
        for _ in range(n):
            theirs.sendall(b"x" * 200)
            eventually(lambda: ours.recv(65536))
            guard.step(ours.fileno(), READ)

    read(READS_PER_LOOK)
    guard.forget(ours.fileno())
    read(2 * READS_PER_LOOK - 1)  # another answer: the bytes of the first do not count
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)
    theirs.setblocking(True)
    theirs.sendall(b"x" * 200)
    guard.step(ours.fileno(), READ)
    guard.close()

    assert theirs.recv(1) == b""

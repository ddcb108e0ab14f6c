"""A real name server for tests, over UDP and TCP on one free port of 127.0.0.1, that also lies, drops and dawdles.

    with NameServer() as names:
        names.say("hook.example", addresses("127.0.0.1"))

A name of which nothing was said does not exist (NXDOMAIN). What is said is asked anew for each question, so that an
answer may be a function. Everything has a TTL of 0 unless it says otherwise, so that nobody keeps it.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

A, CNAME, SOA, AAAA = 1, 5, 6, 28
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5
MAX_UDP_BYTES = 512


@dataclass(frozen=True)
class Question:
    """One question as it arrived."""

    id: int
    name: str
    kind: int
    raw: bytes
    over_tcp: bool


Reply = Callable[[Question], bytes | None]
"""From a question to the bytes of an answer, None for no answer at all."""


def addresses(*found: str, ttl: int = 0) -> Reply:
    """Answer with the addresses of the kind that is asked for; beyond 512 bytes over UDP, say to ask over TCP."""
    packed = [ipaddress.ip_address(address).packed for address in found]

    def reply(question: Question) -> bytes:
        size = {A: 4, AAAA: 16}.get(question.kind)
        records = [record(question.kind, data, ttl=ttl) for data in packed if len(data) == size]
        return message(question, answers=records)

    return reply


def moving(look: Callable[[], Iterable[str]]) -> Reply:
    """Answer with the addresses that `look` returns at each look-up; both its questions, A and AAAA, are about them."""
    for_other: dict[int, tuple[str, ...]] = {}

    def reply(question: Question) -> bytes | None:
        found = for_other.pop(question.kind, None)
        if found is None:
            found = for_other[AAAA if question.kind == A else A] = tuple(look())
        return addresses(*found)(question)

    return reply


def alias(target: str) -> Reply:
    """Answer that the name is another one's alias, and nothing about that one."""
    return lambda question: message(question, answers=[record(CNAME, labels(target))])


def failing(code: int = SERVFAIL) -> Reply:
    """Answer with an error code."""
    return lambda question: message(question, code=code)


def silent(_question: Question) -> None:
    """Never answer."""


def garbage(question: Question) -> bytes:
    """Answer what is no message of DNS, under the right id."""
    return struct.pack("!H", question.id) + b"\x81\x80" + b"\xff" * 40


def unasked(*found: str) -> Reply:
    """Answer a question that nobody asked, about another name, under the right id."""

    def reply(question: Question) -> bytes:
        other = Question(
            question.id, "other.example", question.kind, labels("other.example") + question.raw[-4:], False
        )
        return addresses(*found)(other) or b""

    return reply


def truncated(then: Reply) -> Reply:
    """Say over UDP that the answer does not fit; answer over TCP."""
    return lambda question: then(question) if question.over_tcp else message(question, is_truncated=True)


def held(until: threading.Event, then: Reply) -> Reply:
    """Answer once `until` is set."""

    def reply(question: Question) -> bytes | None:
        until.wait(60)
        return then(question)

    return reply


class NameServer:
    """A name server on a free port: `with NameServer() as names: …`; its address is `names.address`."""

    def __init__(self) -> None:
        self._udp, self._tcp = _listeners()
        self.address = f"127.0.0.1:{self._udp.getsockname()[1]}"
        self._replies: dict[str, Reply] = {}
        self._default: Reply = failing(NXDOMAIN)
        self._changed = threading.Condition()
        self._asked: Counter[str] = Counter()
        self.asked_over_tcp: Counter[str] = Counter()
        self._threads = [threading.Thread(target=serve, daemon=True) for serve in (self._serve_udp, self._serve_tcp)]
        self._closing = False

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._closing = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._udp.getsockname())
        with contextlib.suppress(OSError), socket.create_connection(self._tcp.getsockname(), timeout=1):
            pass
        for thread in self._threads:
            thread.join(5)
        self._udp.close()
        self._tcp.close()

    def say(self, name: str, reply: Reply) -> None:
        """Answer so from now on when somebody asks for `name`."""
        self._replies[name.lower()] = reply

    def say_of_others(self, reply: Reply) -> None:
        """Answer so when somebody asks for a name of which nothing was said."""
        self._default = reply

    def asked(self, name: str) -> int:
        """Return how often somebody asked for the IPv4 addresses of `name`."""
        with self._changed:
            return self._asked[name]

    def names_asked(self) -> set[str]:
        """Return the names that somebody asked for."""
        with self._changed:
            return set(self._asked)

    def wait_until_asked(self, name: str, times: int = 1) -> None:
        """Return as soon as somebody asked for `name` so often; fail when nobody does."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._asked[name] >= times, 30), f"{name}: {self._asked[name]}"

    def _reply(self, data: bytes, *, over_tcp: bool) -> bytes | None:
        question = read_question(data, over_tcp=over_tcp)
        with self._changed:
            if question.kind == A:
                self._asked[question.name] += 1
                self.asked_over_tcp[question.name] += over_tcp
            self._changed.notify_all()
        return self._replies.get(question.name, self._default)(question)

    def _serve_udp(self) -> None:
        while True:
            data, sender = self._udp.recvfrom(4096)
            if self._closing:
                return
            name = read_question(data, over_tcp=False).name
            if self._replies.get(name, self._default).__qualname__.startswith("held."):
                threading.Thread(target=self._answer_udp, args=(data, sender), daemon=True).start()
            else:
                self._answer_udp(data, sender)

    def _answer_udp(self, data: bytes, sender: tuple[str, int]) -> None:
        answer = self._reply(data, over_tcp=False)
        if answer is not None and len(answer) > MAX_UDP_BYTES:
            answer = message(read_question(data, over_tcp=False), is_truncated=True)
        if answer is not None:
            with contextlib.suppress(OSError):
                self._udp.sendto(answer, sender)

    def _serve_tcp(self) -> None:
        while True:
            connection, _ = self._tcp.accept()
            if self._closing:
                connection.close()
                return
            threading.Thread(target=self._answer_tcp, args=(connection,), daemon=True).start()

    def _answer_tcp(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as stream:
            while len(head := stream.read(2)) == 2:
                answer = self._reply(stream.read(struct.unpack("!H", head)[0]), over_tcp=True)
                if answer is not None:
                    connection.sendall(struct.pack("!H", len(answer)) + answer)


def _listeners() -> tuple[socket.socket, socket.socket]:
    """Return a UDP and a TCP socket on the same port."""
    while True:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        udp.bind(("127.0.0.1", 0))
        try:
            return udp, socket.create_server(udp.getsockname())
        except OSError:  # something else has the port over TCP
            udp.close()


def labels(name: str) -> bytes:
    """Return a name as DNS writes it."""
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def record(kind: int, data: bytes, *, ttl: int = 0, name: bytes = b"\xc0\x0c") -> bytes:
    """Return a record, of the name that was asked for unless it says otherwise."""
    return name + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def message(
    question: Question, *, answers: Iterable[bytes] = (), code: int = NOERROR, is_truncated: bool = False
) -> bytes:
    """Return an answer; one without records says (SOA) for how long that holds: not at all."""
    answers = list(answers)
    nothing = [] if answers or is_truncated else [record(SOA, b"\0\0" + struct.pack("!5I", 1, 1, 1, 1, 0), name=b"\0")]
    flags = 0x8180 | code | is_truncated * 0x0200
    head = struct.pack("!6H", question.id, flags, 1, len(answers), len(nothing), 0)
    return head + question.raw + b"".join([*answers, *nothing])


def read_question(data: bytes, *, over_tcp: bool) -> Question:
    """Read the one question of a message."""
    found, at = [], 12
    while length := data[at]:
        found.append(data[at + 1 : at + 1 + length].decode("latin-1").lower())
        at += 1 + length
    number, kind = struct.unpack_from("!H", data)[0], struct.unpack_from("!H", data, at + 1)[0]
    return Question(number, ".".join(found), kind, data[12 : at + 5], over_tcp)

"""Receivers that take their time: all of them end at the total deadline."""

from typing import ClassVar

from tests.zoo.animal import Animal, Connects, Line, Silent, delivered, refused, retried

TICK_S = 0.02


class Dripping(Animal):
    """One that says `says` byte by byte, and the last byte for ever."""

    events = 2

    def meet(self, line: Line) -> None:
        if line.hear():
            self.drip(line)

    def drip(self, line: Line) -> None:
        for n in range(100_000):
            line.say(self.says[n : n + 1] or self.says[-1:])
            if self.stopping.wait(TICK_S):
                return


class NeverAccepts(Animal):
    """Lets the kernel take the call, and never does itself."""

    events = 2
    connects = Connects.NEVER
    fate = retried("timeout")

    def open(self) -> None:
        pass


class NeverReads(Animal):
    """Takes the call and never listens."""

    events = 2
    fate = retried("timeout")

    def meet(self, line: Line) -> None:
        self.stopping.wait()


class NeverAnswers(Silent):
    """Listens and says nothing."""

    says = b""
    fate = retried("timeout")


class HalfAStatusLine(Silent):
    """Stops within its first word."""

    says = b"HTTP/1."
    fate = retried("timeout")


class HeadWithoutEnd(Silent):
    """Stops after its headers, without the blank line."""

    says = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
    fate = retried("timeout")


class OnlyContinues(Silent):
    """Says 100, and no answer follows."""

    says = b"HTTP/1.1 100 Continue\r\n\r\n"
    fate = retried("timeout")


class BodyNeverComes(Silent):
    """Announces a body that does not come: its status counts."""

    says = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    fate = delivered(body="", truncated=True)


class LastChunkNeverComes(Silent):
    """Sends one chunk, and not the last one."""

    says = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"
    fate = delivered(body="ok", truncated=True)


class RefusalNeverEnds(Silent):
    """Refuses, and announces a reason that does not come."""

    says = b"HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nbecause"
    fate = refused(503, body="because", truncated=True)


class DripsItsHead(Dripping):
    """Sends a head that has no end, byte by byte."""

    says = b"HTTP/1.1 200 OK\r\nX-Slow: xxxxxxxxxxx"
    fate = retried("timeout")


class DripsInterimAnswers(Dripping):
    """Says 100 again and again, at leisure."""

    fate = retried("timeout")

    def drip(self, line: Line) -> None:
        while not self.stopping.wait(TICK_S):
            line.say(b"HTTP/1.1 100 Continue\r\n\r\n")


class DripsItsBody(Dripping):
    """Sends a body byte by byte, after its head: what came of it is kept."""

    announced: ClassVar[bytes] = b"HTTP/1.1 200 OK\r\n\r\n"
    says = b""
    fate = delivered(body=None, truncated=True)

    def drip(self, line: Line) -> None:
        line.say(self.announced)
        while not self.stopping.wait(TICK_S):
            line.say(b"\0")


class DripsARefusal(DripsItsBody):
    """Refuses at once, and drips the reason."""

    announced = b"HTTP/1.1 500 No\r\n\r\n"
    fate = refused(500, body=None, truncated=True)


class DripsChunks(DripsItsBody):
    """Sends chunks of one byte, at leisure."""

    fate = delivered(body=None, truncated=True)

    def drip(self, line: Line) -> None:
        line.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not self.stopping.wait(TICK_S):
            line.say(b"1\r\n\0\r\n")


class NeverShakesHands(Silent):
    """Listens on a port of TLS, and never begins to speak it."""

    scheme = "https"
    fate = retried("timeout")

    def meet(self, line: Line) -> None:
        line.wait()


class DripsItsHandshake(Animal):
    """Begins TLS, byte by byte, with a record that is never whole."""

    scheme = "https"
    events = 2
    fate = retried("timeout")

    def meet(self, line: Line) -> None:
        for byte in b"\x16\x03\x03\x40\x00" + bytes(16_000):
            line.say(bytes([byte]))
            if self.stopping.wait(TICK_S):
                return


class ListensWithoutEnd(Animal):
    """Reads a byte at a time of what it is sent, and never has enough."""

    events = 2
    fate = retried("timeout")

    def meet(self, line: Line) -> None:
        line.wait()

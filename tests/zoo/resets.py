"""Receivers that hang up, at each stage, politely or not."""

from tests.zoo.animal import Animal, Connects, Line, Rude, delivered, refused, retried


class Resetting(Animal):
    """One that says its piece once, and resets the connection."""

    def meet(self, line: Line) -> None:
        if line.hear():
            line.say(self.says)
            line.reset()


class Refusing(Animal):
    """Does not take the call."""

    connects = Connects.NEVER
    fate = retried("connect")

    def open(self) -> None:
        self._listener.close()


class ResetsAtOnce(Animal):
    """Takes the call, and resets it."""

    fate = retried("connect")

    def meet(self, line: Line) -> None:
        line.reset()


class ResetsAfterTheRequest(Resetting):
    """Takes the request, and resets the connection."""

    says = b""
    fate = retried("connect")


class ResetsInTheStatusLine(Resetting):
    """Resets the connection within its first word."""

    says = b"HTTP/1.1 2"
    fate = retried("connect")


class ResetsInTheHead(Resetting):
    """Resets the connection within its headers."""

    says = b"HTTP/1.1 200 OK\r\nX-A: 1\r\n"
    fate = retried("connect")


class ResetsInTheBody(Resetting):
    """Resets the connection within its body: its status counts."""

    says = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"
    fate = delivered(body="short", truncated=True)


class ResetsARefusal(Resetting):
    """Refuses, and resets the connection within the reason."""

    says = b"HTTP/1.1 502 Bad\r\nContent-Length: 100\r\n\r\nshort"
    fate = refused(502, body="short", truncated=True)


class ResetsAfterItsAnswer(Resetting):
    """Answers, and resets the connection."""

    fate = delivered()
    events = 2


class ClosesAtOnce(Animal):
    """Takes the call, and hangs up."""

    fate = retried("connect")

    def meet(self, line: Line) -> None:
        line.end()
        line.wait()


class ClosesAfterTheRequest(Rude):
    """Takes the request, and hangs up."""

    says = b""
    fate = retried("connect")


class ClosesInTheHead(Rude):
    """Hangs up within its headers."""

    says = b"HTTP/1.1 200 OK\r\nX-A: 1\r\n"
    fate = retried("protocol")


class ClosesInTheBody(Rude):
    """Hangs up within its body."""

    says = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"
    fate = delivered(body="short", truncated=True)


class ClosesInAChunk(Rude):
    """Hangs up within a chunk."""

    says = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nshort"
    fate = delivered(body="short", truncated=True)


class ClosesBeforeTheLastChunk(Rude):
    """Hangs up without the chunk that ends its body."""

    says = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"
    fate = delivered(body="short", truncated=True)


class EndsWithTheConnection(Rude):
    """Has a body that ends with the connection, as HTTP/1.0 allowed."""

    says = b"HTTP/1.0 200 OK\r\n\r\nto the end"
    fate = delivered(body="to the end")

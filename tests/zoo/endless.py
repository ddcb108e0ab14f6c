"""Receivers that never stop talking: what is read and kept of them is bounded."""

from typing import ClassVar

from tests.zoo.animal import Animal, Line, delivered, refused, retried

CAP = 16384
KEPT = "x" * CAP


class Endless(Animal):
    """One that begins with `begins`, and says `says` for ever."""

    begins: ClassVar[bytes] = b""
    says = b"x" * 65536

    def meet(self, line: Line) -> None:
        if line.hear():
            line.say(self.begins)
            while not self.stopping.is_set():
                line.say(self.says)


class EndlessBody(Endless):
    """Sends a body without a length and without an end."""

    begins = b"HTTP/1.1 200 OK\r\n\r\n"
    fate = delivered(body=KEPT, truncated=True)


class EndlessRefusal(Endless):
    """Refuses, with a reason that has no end."""

    begins = b"HTTP/1.1 500 No\r\n\r\n"
    fate = refused(500, body=KEPT, truncated=True)


class EndlessLength(Endless):
    """Announces ten petabytes, and begins to send them."""

    begins = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000000000\r\n\r\n"
    fate = delivered(body=KEPT, truncated=True)


class LengthBeyondNumbers(Endless):
    """Announces more than a number of 64 bits holds."""

    begins = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999999\r\n\r\n"
    fate = delivered(body=KEPT, truncated=True)


class EndlessChunks(Endless):
    """Sends chunk after chunk."""

    begins = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    says = (b"400\r\n" + b"x" * 1024 + b"\r\n") * 64
    fate = delivered(body=KEPT, truncated=True)


class EndlessCrumbs(Endless):
    """Sends chunks of one byte."""

    begins = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    says = b"1\r\nx\r\n" * 10_000
    fate = delivered(body=KEPT, truncated=True)


class HugeChunk(Endless):
    """Announces one chunk of nearly all that a number of 64 bits holds."""

    begins = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffff00\r\n"
    fate = delivered(body=KEPT, truncated=True)


class EndlessChunkSize(Endless):
    """Writes the size of a chunk with zeros before it, for ever."""

    begins = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    says = b"0" * 65536
    fate = delivered(body="", truncated=True)


class EndlessChunkExtension(Endless):
    """Adds an extension to the size of a chunk, for ever: no byte of it counts as body."""

    begins = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a="
    fate = delivered(body="", truncated=True)


class EndlessTrailers(Endless):
    """Ends its body, and adds trailer after trailer."""

    begins = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
    says = b"X-Trailer: 1\r\n" * 1000
    fate = delivered(body="ok", truncated=True)


class EndlessHeaders(Endless):
    """Sends header after header."""

    begins = b"HTTP/1.1 200 OK\r\n"
    says = b"X-Header: 1\r\n" * 1000
    fate = retried("protocol")


class EndlessHeader(Endless):
    """Sends one header that has no end."""

    begins = b"HTTP/1.1 200 OK\r\nX-Long: "
    fate = retried("protocol")


class EndlessStatusLine(Endless):
    """Gives its reason at length."""

    begins = b"HTTP/1.1 200 "
    fate = retried("protocol")


class EndlessLineBreaks(Endless):
    """Sends line breaks before its answer."""

    says = b"\r\n" * 10_000
    fate = retried("protocol")


class EndlessZeros(Endless):
    """Sends NULs."""

    says = bytes(65536)
    fate = retried("protocol")

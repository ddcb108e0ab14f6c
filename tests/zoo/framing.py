"""Receivers of whose answers nobody can tell where they end: their status counts, on a new connection each."""

from tests.zoo.animal import Animal, Connects, Rude, delivered, retried


class LengthAndChunks(Animal):
    """Has a length beside its chunks."""

    says = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    fate = delivered()


class ChunksAndLength(Animal):
    """Has chunks beside its length."""

    says = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    fate = delivered()


class TwoLengths(Rude):
    """Has two lengths, and a body of the first."""

    says = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\nokok"
    fate = retried("protocol")


class TheSameLengthTwice(Animal):
    """Has one length, twice."""

    says = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"
    fate = delivered()


class LengthList(Rude):
    """Has its length as a list."""

    says = b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok"
    fate = delivered()


class LengthBelowZero(Rude):
    """Has a length below zero."""

    says = b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok"
    fate = retried("protocol")


class LengthWithASign(Rude):
    """Has a sign before its length."""

    says = b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok"
    fate = retried("protocol")


class LengthInWords(Rude):
    """Has no number for its length."""

    says = b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok"
    fate = retried("protocol")


class LengthInHexadecimal(Rude):
    """Has its length in hexadecimal."""

    says = b"HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok"
    fate = retried("protocol")


class LongerThanItSays(Animal):
    """Sends more than it announced."""

    says = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more"
    fate = delivered()


class ShorterThanItSays(Rude):
    """Sends less than it announced."""

    says = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok"
    fate = delivered(truncated=True)


class UnknownTransfer(Rude):
    """Sends its body in a way that nobody knows."""

    says = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: x-piano\r\n\r\nok"
    fate = retried("protocol")


class ChunkedTwice(Rude):
    """Sends chunks in chunks."""

    says = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    fate = delivered()


class ChunkedBehindABlank(Rude):
    """Writes `chunked` so that some would read it: here, its body ends with the connection."""

    says = b"HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    fate = delivered(body="2\r\nok\r\n0\r\n\r\n")


class BadChunkSize(Rude):
    """Has a size of a chunk that is no number."""

    says = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n"
    fate = delivered(body="", truncated=True)


class ChunkLongerThanItSays(Rude):
    """Sends a chunk that is longer than its size."""

    says = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n"
    fate = delivered(truncated=True)


class TrailersOfWeight(Animal):
    """Says in a trailer, behind its body, that it meant something else."""

    says = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
        b"Content-Length: 99\r\nStatus: 500\r\nRetry-After: 99\r\n\r\n"
    )
    fate = delivered()


class SoundChunks(Animal):
    """Sends chunks as they should be, with an extension and a trailer."""

    says = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n"
    connects = Connects.KEEPS
    fate = delivered()

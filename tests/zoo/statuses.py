"""Receivers whose answers have no body, or one that they must not have, or a status seldom seen."""

from tests.zoo.animal import Animal, Connects, Fate, answer, delivered, refused


class NoContent(Animal):
    """Has nothing to say."""

    says = b"HTTP/1.1 204 No Content\r\n\r\n"
    connects = Connects.KEEPS
    fate = delivered(204, body="")


class NoContentWithABody(Animal):
    """Has nothing to say, and says it: the body is the beginning of a stray answer."""

    says = b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok"
    fate = delivered(204, body="")


class NoContentInChunks(Animal):
    """Has nothing to say, in chunks."""

    says = b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    fate = delivered(204, body="")


class ResetContent(Animal):
    """Asks for a clean form."""

    says = answer(205)
    connects = Connects.KEEPS
    fate = delivered(205, body="")


class ResetContentWithABody(Animal):
    """Asks for a clean form, with a body that it must not have."""

    says = answer(205, body=b"ok")
    connects = Connects.KEEPS
    fate = delivered(205)


class Accepted(Animal):
    """Will think about it."""

    says = answer(202)
    connects = Connects.KEEPS
    fate = delivered(202, body="")


class EmptyChunks(Animal):
    """Has a body of no chunk but the last."""

    says = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    connects = Connects.KEEPS
    fate = delivered(body="")


class PartialContent(Animal):
    """Sends a part of what nobody asked for in parts."""

    says = answer(206, "Content-Range: bytes 0-1/100", body=b"ok")
    connects = Connects.KEEPS
    fate = delivered(206)


class Status299(Animal):
    """Has the last status that means success."""

    says = answer(299, body=b"ok")
    connects = Connects.KEEPS
    fate = delivered(299)


class Gone(Animal):
    """Is gone for good: its webhook is disabled."""

    says = answer(410)
    events = 1
    fate = Fate("failed", "status", 410)


class AsksWhoCalls(Animal):
    """Wants a password, in every way that libcurl knows."""

    says = answer(401, "WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM", 'WWW-Authenticate: Digest realm="x"')
    fate = refused(401)


class PretendsToBeAProxy(Animal):
    """Wants a password for a proxy."""

    says = answer(407, "Proxy-Authenticate: Basic realm=x")
    fate = refused(407)


class Teapot(Animal):
    """Is a teapot."""

    says = answer(418, body=b"short and stout")
    fate = refused(418, body="short and stout")


class Status599(Animal):
    """Has the last status of all."""

    says = answer(599)
    fate = refused(599)


class ServerError(Animal):
    """Answers every event with a page of its errors."""

    says = answer(500, "Content-Type: text/html", body=b"<html>" + b"trace " * 2000)
    fate = refused(500, body="<html>" + "trace " * 2000)

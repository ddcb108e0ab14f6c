"""Receivers that say more than they were asked, earlier or later, or do not keep their word on the connection."""

from tests.zoo.animal import OK, REFUSED, Animal, Connects, Line, answer, delivered, refused


class WellMannered(Animal):
    """Answers each request with one answer: here, connections are kept."""

    fate = delivered()
    connects = Connects.KEEPS


class StrayAfterRefusal(Animal):
    """Refuses, and says 200 a moment later, when the next request may be under way."""

    events = 12
    fate = refused(500, body="no")

    def meet(self, line: Line) -> None:
        while line.hear():
            line.say(REFUSED)
            self.stopping.wait(0.02)
            line.say(OK)


class TwoAnswersAtOnce(Animal):
    """Says yes and no to each request."""

    says = OK + REFUSED
    fate = delivered()


class RefusalThenConsent(Animal):
    """Says no and yes to each request."""

    says = REFUSED + OK
    events = 12
    fate = refused(500, body="no")


class LateSecondAnswer(Animal):
    """Says yes, and no a moment later."""

    events = 1
    fate = delivered()

    def meet(self, line: Line) -> None:
        while line.hear():
            line.say(OK)
            self.stopping.wait(0.02)
            line.say(REFUSED)


class HundredAnswers(Animal):
    """Answers a hundred requests that nobody made."""

    says = OK * 100
    fate = delivered()


class AnswersBeforeItIsAsked(Animal):
    """Says yes as soon as somebody calls, and each time one answer ahead."""

    fate = delivered()

    def meet(self, line: Line) -> None:
        line.say(OK)
        while line.hear():
            line.say(OK)


class StrayLineBreak(Animal):
    """Adds a line break to its answer, as some old servers do."""

    says = OK + b"\r\n"
    fate = delivered()


class StrayTimeoutNotice(Animal):
    """Says 408 on a connection on which nothing was asked, as some proxies do before they hang up."""

    says = OK + answer(408, "Connection: close")
    fate = delivered()


class SaysCloseAndStays(Animal):
    """Says that it will close the connection, and does not."""

    says = answer(200, "Connection: close", body=b"ok")
    fate = delivered()


class SaysKeepAliveAndLeaves(Animal):
    """Says that it will keep the connection, and closes it."""

    says = answer(200, "Connection: keep-alive", "Keep-Alive: timeout=60, max=1000", body=b"ok")
    fate = delivered()

    def meet(self, line: Line) -> None:
        if line.hear():
            line.say(self.says)


class LeavesAtTheSecondRequest(Animal):
    """Keeps the connection, and resets it when it is used again: that request goes out once more."""

    fate = delivered()

    def meet(self, line: Line) -> None:
        if line.hear():
            line.say(self.says)
            line.hear()
            line.reset()


class HangsUpItsHalf(Animal):
    """Answers, closes its side, and would go on to listen."""

    fate = delivered()

    def meet(self, line: Line) -> None:
        if line.hear():
            line.say(self.says)
            line.end()
            line.wait()


class OldWithKeepAlive(Animal):
    """Speaks HTTP/1.0 with the keep-alive of its time."""

    says = b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"
    fate = delivered()
    connects = Connects.KEEPS

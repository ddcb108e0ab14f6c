"""Receivers that play with interim answers and other protocols."""

from tests.zoo.animal import OK, Animal, Connects, Line, answer, delivered, refused, retried

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ContinuesThenAnswers(Animal):
    """Says 100, hints, and then its answer."""

    says = CONTINUE + b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n" + OK
    connects = Connects.KEEPS
    fate = delivered()


class ProcessesForAWhile(Animal):
    """Says three times that it is at work."""

    says = b"HTTP/1.1 102 Processing\r\n\r\n" * 3 + OK
    connects = Connects.KEEPS
    fate = delivered()


class UnknownInterim(Animal):
    """Says 199, which means nothing yet, before its answer."""

    says = b"HTTP/1.1 199 Whatever\r\nX-A: 1\r\n\r\n" + OK
    connects = Connects.KEEPS
    fate = delivered()


class ContinuesAfterItsAnswer(Animal):
    """Says 100 when all was said."""

    says = OK + CONTINUE
    fate = delivered()


class InterimWithBody(Animal):
    """Gives an interim answer a body, which it cannot have."""

    says = b"HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello" + OK
    fate = retried("protocol")


class FloodOfContinues(Animal):
    """Says 100 for ever."""

    fate = retried("protocol")

    def meet(self, line: Line) -> None:
        line.hear()
        while not self.stopping.is_set():
            line.say(CONTINUE * 100)


class FloodOfHints(Animal):
    """Hints for ever, at length."""

    fate = retried("protocol")

    def meet(self, line: Line) -> None:
        line.hear()
        while not self.stopping.is_set():
            line.say(b"HTTP/1.1 103 Early Hints\r\nLink: <" + b"x" * 8000 + b">\r\n\r\n")


class SwitchesProtocols(Animal):
    """Switches to a protocol that nobody asked for, and speaks it."""

    says = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x05hello"
    fate = retried("protocol")


class SwitchesAndAnswers(Animal):
    """Switches to another protocol, and answers in the first one all the same."""

    says = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n" + OK
    fate = retried("protocol")


class ExpectationFailed(Animal):
    """Refuses an expectation that the request did not have."""

    says = answer(417)
    fate = refused(417)


class WantsHttp2(Animal):
    """Says that only HTTP/2 will do."""

    says = answer(426, "Upgrade: h2c", "Connection: Upgrade")
    fate = refused(426)

"""Receivers that point elsewhere: nobody follows, and where they pointed is shown without what may be secret."""

from tests.zoo.animal import Animal, Line, answer, retried


class MovedInside(Animal):
    """Points at the metadata of the cloud."""

    says = answer(301, "Location: http://169.254.169.254/latest/meta-data/")
    fate = retried("redirect", status=301)


class FoundAFile(Animal):
    """Points at a file."""

    says = answer(302, "Location: file:///etc/passwd")
    fate = retried("redirect", status=302)


class SeeOther(Animal):
    """Asks for a GET instead."""

    says = answer(303, "Location: /elsewhere")
    fate = retried("redirect", status=303)


class TurnsInACircle(Animal):
    """Points at itself, and asks for the same request."""

    fate = retried("redirect", status=307)

    def meet(self, line: Line) -> None:
        while line.hear():
            line.say(answer(307, f"Location: {self.url}"))


class PermanentScript(Animal):
    """Points at a script."""

    says = answer(308, "Location: javascript:alert(1)")
    fate = retried("redirect", status=308)


class PointsNowhere(Animal):
    """Has nowhere to point at."""

    says = answer(301)
    fate = retried("redirect", status=301)


class PointsTwice(Animal):
    """Points at two places, which no answer may."""

    says = answer(302, "Location: /a", "Location: http://127.0.0.1/b")
    fate = retried("protocol")


class PointsFar(Animal):
    """Points at a place with a name of 64 KB."""

    says = answer(302, "Location: http://a.example/" + "x" * 65_000)
    fate = retried("redirect", status=302)


class PointsAtAGopher(Animal):
    """Points at a protocol that libcurl would speak, with a command for a database."""

    says = answer(302, "Location: gopher://127.0.0.1:6379/_FLUSHALL%0d%0a")
    fate = retried("redirect", status=302)


class ManyChoices(Animal):
    """Leaves the choice."""

    says = answer(300, body=b"a or b")
    fate = retried("redirect", status=300, body="a or b")


class NotModified(Animal):
    """Says that nothing has changed since a time that nobody named."""

    says = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n"
    fate = retried("redirect", status=304)


class WantsAProxy(Animal):
    """Asks to be called through a proxy of its own."""

    says = answer(305, "Location: http://127.0.0.1:3128/")
    fate = retried("redirect", status=305)


class RefreshesElsewhere(Animal):
    """Points elsewhere in a header that only browsers heed, with a redirect beside it."""

    says = answer(302, "Refresh: 0; url=http://127.0.0.1/", "Location: //[::1]/", "Content-Location: /x")
    fate = retried("redirect", status=302)

"""Receivers whose name lies: every address of a name is judged, and what was judged is what is dialled.

Their name server is `tests/name_server.py`: a name may say something else at each look-up.
"""

from tests.zoo.animal import Animal, Connects, Line, delivered, retried


class HonestName(Animal):
    """Has a name that leads to itself."""

    lies = ("{own}",)
    connects = Connects.KEEPS
    fate = delivered()


class NamelessAnimal(Animal):
    """Has a name that does not exist."""

    lies = ()
    connects = Connects.NEVER
    fate = retried("dns")


class NameThatLeadsInside(Animal):
    """Has a name that leads to a private network."""

    lies = ("10.0.0.1",)
    connects = Connects.NEVER
    fate = retried("blocked")


class NameOfMetadata(Animal):
    """Has a name that leads to the metadata of the cloud."""

    lies = ("169.254.169.254",)
    connects = Connects.NEVER
    fate = retried("blocked")


class NameInDisguise(Animal):
    """Has a name that leads inside by an address of IPv4 in IPv6."""

    lies = ("::ffff:10.0.0.1",)
    connects = Connects.NEVER
    fate = retried("blocked")


class NameOfNowhere(Animal):
    """Has a name that leads to no address at all."""

    lies = ("0.0.0.0", "::")  # noqa: S104 -- nothing listens there: it is what a name server answers
    connects = Connects.NEVER
    fate = retried("blocked")


class NameOfEverybody(Animal):
    """Has a name that leads to all machines of the network."""

    lies = ("255.255.255.255",)
    connects = Connects.NEVER
    fate = retried("blocked")


class MixedName(Animal):
    """Has a name that leads to itself first, and inside then."""

    lies = ("{own}", "10.0.0.1")
    connects = Connects.NEVER
    fate = retried("blocked")


class MixedNameInside(Animal):
    """Has a name that leads inside first, and to itself then."""

    lies = ("fd00::1", "{own}")
    connects = Connects.NEVER
    fate = retried("blocked")


class NameOfAHundred(Animal):
    """Has a name of a hundred addresses, the last of which leads inside."""

    lies = (*["{own}"] * 100, "192.168.1.1")
    connects = Connects.NEVER
    fate = retried("blocked")


class NameWithADeadAddress(Animal):
    """Has a name whose first address answers to nobody."""

    lies = ("127.0.0.3", "{own}")
    connects = Connects.KEEPS
    fate = delivered()


class NameThatRebinds(Animal):
    """Has a name that leads to itself, and inside whenever it is asked again: what was judged is dialled."""

    lies = ("{own}",)
    connects = Connects.KEEPS
    fate = delivered()
    asked = 0

    def addresses(self) -> list[str]:
        self.asked += 1
        return super().addresses() if self.asked == 1 else ["10.0.0.1"]


class NameThatRepents(Animal):
    """Has a name that leads inside, and to itself whenever it is asked again: what was judged is not dialled."""

    lies = ("{own}",)
    connects = Connects.NEVER
    fate = retried("blocked")
    asked = 0

    def addresses(self) -> list[str]:
        self.asked += 1
        return ["10.0.0.1"] if self.asked == 1 else super().addresses()


class NameThatNeverAnswers(Animal):
    """Has a name whose server takes the question, and says nothing."""

    lies = ()
    is_mute = True
    events = 2
    connects = Connects.NEVER
    fate = retried("dns")


class NameOfAnotherFamily(Animal):
    """Has a name that leads to an address of IPv6 on which nothing listens."""

    lies = ("::1",)
    connects = Connects.NEVER
    fate = retried("connect")


class NameThatHangs(Animal):
    """Has a name that leads to itself, who says nothing."""

    lies = ("{own}",)
    events = 2
    fate = retried("timeout")

    def meet(self, line: Line) -> None:
        line.wait()

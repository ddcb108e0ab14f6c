"""A family of animals, each with a neighbour in good health, and one real courier that serves them all at once."""

import contextlib
import importlib
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.certificates import Authority
from tests.factories import AccountFactory, EventFactory, WebhookFactory
from tests.name_server import silent
from tests.receiver import Receiver
from tests.webhooks.egress.conftest import name_server as name_server
from tests.webhooks.egress.conftest import names as names
from tests.zoo.animal import ANIMALS, Animal, Fate
from webhooks.delivery import run
from webhooks.delivery.shutdown import ShutdownFlag
from webhooks.models import Attempt, Delivery, Webhook

FAMILIES = sorted(
    path.stem
    for path in Path(__file__).parent.glob("*.py")
    if not path.stem.startswith(("_", "test_")) and path.stem not in {"animal", "conftest"}
)
for family in FAMILIES:
    importlib.import_module(f"tests.zoo.{family}")

DEADLINES_S = {"hangs": 4.0, "names": 4.0}
"""The total deadline of an attempt, where animals need it to end; elsewhere none comes near one."""


@dataclass
class Enclosure:
    """An animal, the webhook that calls it, and the neighbour's of the same account."""

    animal: Animal
    webhook: Webhook
    neighbour: Webhook

    def deliveries(self) -> list[Delivery]:
        return list(self.webhook.deliveries.order_by("pk"))

    def fates(self) -> set[Fate]:
        """Return what was written: one fate if all deliveries had the same."""
        fates = set()
        for delivery in self.deliveries():
            attempts = list(delivery.attempts.all())
            attempt = attempts[0] if attempts else Attempt()
            fate = Fate(delivery.state, delivery.error, delivery.status_code, attempt.response_body, attempt.truncated)
            expected = self.animal.fate
            if expected.body is None:
                fate = replace(fate, body=None)
            if expected.waits_s is not None and delivery.next_attempt_at is not None:
                ended_s = attempt.started_at.timestamp() + attempt.duration_ms / 1000
                waits_s = round(delivery.next_attempt_at.timestamp() - ended_s, 2)
                is_expected = expected.waits_s[0] <= waits_s <= expected.waits_s[1]
                fate = replace(fate, waits_s=expected.waits_s if is_expected else (waits_s, waits_s))
            fates.add(fate)
        return fates


@dataclass
class Zoo:
    """A family in its enclosures after a courier's visit; `grown_bytes`: by how much its memory grew at the most."""

    enclosures: list[Enclosure]
    neighbours: Receiver
    grown_bytes: int = 0

    def animals(self) -> list[Animal]:
        return [enclosure.animal for enclosure in self.enclosures]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def visit(db, settings, names, name_server, authority) -> Iterator[Callable[[str], Zoo]]:
    """Return a function that has a courier deliver to every animal of a family and its neighbour, until all is said."""
    settings.EGRESS_ALLOW = ["127.0.0.0/8:*", "::1"]
    settings.EGRESS_CA_FILE = authority.ca_file
    settings.WEBHOOK_RETRY_SCHEDULE_S = [3600]
    with contextlib.ExitStack() as stack:

        def visit(family: str) -> Zoo:
            settings.WEBHOOK_TIMEOUT_S = DEADLINES_S.get(family, 60.0)
            zoo = Zoo([], stack.enter_context(Receiver(host="127.0.0.2")))
            for n, kind in enumerate(ANIMALS[family]):
                animal = stack.enter_context(kind(f"127.0.{1 + FAMILIES.index(family)}.{1 + n}", authority))
                if animal.lies is not None:
                    names(**{animal.label: animal.addresses})
                if animal.is_mute:
                    name_server.say(f"{animal.label}.example", silent)
                zoo.enclosures.append(_enclosed(animal, zoo.neighbours))
            zoo.grown_bytes = _growth_of(lambda: run(linger_s=0.0, shutdown=ShutdownFlag()))
            return zoo

        yield visit


def _enclosed(animal: Animal, neighbours: Receiver) -> Enclosure:
    account = AccountFactory.create()
    webhook = WebhookFactory.create(account=account, url=animal.url)
    neighbour = WebhookFactory.create(account=account, url=neighbours.url(f"/{animal.name}"))
    EventFactory.create_batch(animal.events, account=account, fanned_out_at=None)
    return Enclosure(animal, webhook, neighbour)


def _growth_of(act: Callable[[], object]) -> int:
    """Return by how many bytes this process was larger than before at the most, while it did `act`.

    Linux can be told to forget the highest mark so far; elsewhere only what exceeds that one is seen.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    act()
    unit = 1 if sys.platform == "darwin" else 1024
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit

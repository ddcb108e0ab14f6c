"""What a receiver says too much of never makes a delivery look delivered, least of all a neighbour's."""

import pytest
from django.utils import timezone

from tests.factories import AccountFactory, DeliveryFactory, WebhookFactory
from tests.receiver import Answer, Received
from tests.webhooks.egress.stray import OK, REFUSED, StrayServer
from webhooks.models import Attempt, Delivery


@pytest.mark.parametrize("delay_s", [0.005, 0.02, 0.05])
def test_no_event_that_was_refused_is_written_as_delivered(account, run, delay_s):
    with StrayServer(REFUSED, stray=OK, delay_s=delay_s) as server:
        DeliveryFactory.create_batch(12, webhook=WebhookFactory.create(account=account, url=server.url()))
        for _ in range(3):
            run()
            Delivery.objects.filter(state=Delivery.State.PENDING).update(next_attempt_at=timezone.now())
    assert set(Attempt.objects.values_list("status_code", flat=True)) == {500}
    assert not Delivery.objects.filter(state=Delivery.State.DELIVERED).exists()


def test_webhooks_of_different_accounts_never_share_a_connection(receiver, run):
    paths: dict[int, set[str]] = {}

    def note(got: Received) -> Answer:
        paths.setdefault(got.connection, set()).add(got.path)
        return Answer()

    receiver.answer(note)
    for n in range(4):
        webhook = WebhookFactory.create(account=AccountFactory.create(), url=receiver.url(f"/{n}"))
        DeliveryFactory.create_batch(20, webhook=webhook)
    run()
    assert Delivery.objects.filter(state=Delivery.State.DELIVERED).count() == 80
    assert {len(used_by) for used_by in paths.values()} == {1}
    assert receiver.connections < 80

"""An event that is reported under one key is recorded once, however many report it at once."""

import threading

import pytest
from django.db import connection

from accounts.principal import Principal
from tests.factories import EventFactory
from webhooks.events import registry
from webhooks.events.ingestion import ExternalEvent, record_external
from webhooks.models import Event

CDN = Principal(kind="apikey", id="1", name="CDN")


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_the_same_moment_is_one_event(account):
    sample = registry.get("dataset.finalized").sample | {"id": "arbres"}
    EventFactory.create(account=account, resource_id="arbres", data=sample)
    external = ExternalEvent("dataset.finalized", "dataset", "arbres")
    start = threading.Barrier(4)
    got = []

    def say():
        try:
            start.wait(10)
            got.append(record_external(account, external, by=CDN, idempotency_key="cdn-1"))
        finally:
            connection.close()

    threads = [threading.Thread(target=say) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(is_new for _event, is_new in got) == [False, False, False, True]
    assert len({event.pk for event, _is_new in got}) == 1
    assert Event.objects.of(account).count() == 2

"""The latest deliveries of many webhooks are read at once."""

import pytest

from tests.factories import DeliveryFactory, WebhookFactory
from webhooks.delivery.history import with_recent
from webhooks.models import Webhook


@pytest.fixture
def deliver(account):
    def deliver(webhook, count):
        return DeliveryFactory.create_batch(count, webhook=webhook, state="delivered")

    return deliver


def test_each_webhook_has_its_own_latest_deliveries_newest_first(account, deliver):
    long, short, none = WebhookFactory.create_batch(3, account=account)
    first = deliver(long, 2)
    some = deliver(short, 2)
    last = deliver(long, 2)

    found = with_recent(Webhook.objects.of(account), each=3)

    assert found == [(long, [last[1], last[0], first[1]]), (short, some[::-1]), (none, [])]


def test_an_account_without_webhooks_has_no_history(account):
    assert with_recent(Webhook.objects.of(account), each=3) == []


@pytest.mark.parametrize("count", [1, 50])
def test_two_queries_are_enough_for_any_number_of_webhooks(account, deliver, django_assert_num_queries, count):
    for webhook in WebhookFactory.create_batch(count, account=account):
        deliver(webhook, 2)

    with django_assert_num_queries(2):
        found = with_recent(Webhook.objects.of(account), each=20)

    assert [len(recent) for _webhook, recent in found] == [2] * count

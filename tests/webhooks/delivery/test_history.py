"""The latest deliveries of many webhooks are read at once, and long lists are walked by id."""

import pytest

from tests.factories import DeliveryFactory, WebhookFactory
from webhooks.delivery.history import with_recent
from webhooks.models import Delivery, Webhook
from webhooks.views.pagination import cut


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


def test_a_list_is_walked_to_its_end_and_back(account, deliver):
    webhook = WebhookFactory(account=account)
    five, four, three, two, one = (d.pk for d in deliver(webhook, 5)[::-1])
    everything = Delivery.objects.of(account)

    def pages(*, before=None, after=None):
        page = cut(everything, before=before, after=after, size=2)
        return [d.pk for d in page.deliveries], page.newer, page.older

    assert pages() == ([five, four], None, four)
    assert pages(before=four) == ([three, two], three, two)
    assert pages(before=two) == ([one], one, None)
    assert pages(after=one) == ([three, two], three, two)
    assert pages(after=three) == ([five, four], None, four)
    assert pages(before=one) == ([], None, None)

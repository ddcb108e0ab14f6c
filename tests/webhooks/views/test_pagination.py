"""Long lists of deliveries are paged through by id."""

from tests.factories import DeliveryFactory, WebhookFactory
from webhooks.models import Delivery
from webhooks.views.pagination import paginate


def test_a_list_is_walked_to_its_end_and_back(account):
    webhook = WebhookFactory.create(account=account)
    one, two, three, four, five = (d.pk for d in DeliveryFactory.create_batch(5, webhook=webhook, state="delivered"))
    everything = Delivery.objects.of(account)

    def pages(*, before=None, after=None):
        page = paginate(everything, before=before, after=after, size=2)
        return [d.pk for d in page.deliveries], page.newer, page.older

    assert pages() == ([five, four], None, four)
    assert pages(before=four) == ([three, two], three, two)
    assert pages(before=two) == ([one], one, None)
    assert pages(after=one) == ([three, two], three, two)
    assert pages(after=three) == ([five, four], None, four)
    assert pages(before=one) == ([], None, None)

"""The latest deliveries of many webhooks at once, at a cost that does not grow with their history."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db.models import OuterRef, Q, Subquery

from webhooks.models import Delivery, Webhook
from webhooks.models.webhook import WebhookQuerySet


def with_recent(webhooks: WebhookQuerySet, *, each: int) -> list[tuple[Webhook, list[Delivery]]]:
    """Return every webhook with its last deliveries, `each` at the most, newest first, in two queries.

    The first finds the oldest delivery that is wanted of each webhook, the second reads from there on. Both follow the
    index on webhook and id, and read `each` rows per webhook.
    """
    newest = Delivery.objects.filter(webhook=OuterRef("pk")).order_by("-id")
    found = list(webhooks.annotate(first_wanted_id=Subquery(newest.values("id")[each - 1 : each])))
    recent: dict[int, list[Delivery]] = {webhook.pk: [] for webhook in found}
    for delivery in _from_ids((webhook.pk, vars(webhook)["first_wanted_id"] or 0) for webhook in found):
        recent[delivery.webhook_id].append(delivery)
    return [(webhook, recent[webhook.pk]) for webhook in found]


def _from_ids(first_ids: Iterable[tuple[int, int]]) -> Iterable[Delivery]:
    """Return the deliveries of each webhook from a delivery id on, newest first; `first_ids` are pairs of both."""
    wanted = [Q(webhook=webhook_id, id__gte=first_id) for webhook_id, first_id in first_ids]
    if not wanted:
        return ()
    return Delivery.objects.filter(reduce(or_, wanted)).order_by("-id")

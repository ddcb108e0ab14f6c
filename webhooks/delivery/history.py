"""The latest deliveries of many webhooks at once, at a cost that does not grow with their history."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db.models import OuterRef, Q, Subquery

from webhooks.models import Delivery, Webhook
from webhooks.models.webhook import WebhookQuerySet


def with_recent(webhooks: WebhookQuerySet, *, each: int) -> list[tuple[Webhook, list[Delivery]]]:
    """Give every webhook with its last deliveries, `each` at the most, the newest first: two queries in all.

    The first finds where the wanted part of each history begins, the second reads these parts; both follow the index
    on webhook and id and touch `each` rows a webhook.
    """
    of_this = Delivery.objects.filter(webhook=OuterRef("pk")).order_by("-id")
    found = list(webhooks.annotate(begins=Subquery(of_this.values("id")[each - 1 : each])))
    recent: dict[int, list[Delivery]] = {webhook.pk: [] for webhook in found}
    for delivery in _of_parts((webhook.pk, vars(webhook)["begins"] or 0) for webhook in found):
        recent[delivery.webhook_id].append(delivery)
    return [(webhook, recent[webhook.pk]) for webhook in found]


def _of_parts(parts: Iterable[tuple[int, int]]) -> Iterable[Delivery]:
    wanted = [Q(webhook=webhook_id, id__gte=begins) for webhook_id, begins in parts]
    if not wanted:
        return ()
    return Delivery.objects.filter(reduce(or_, wanted)).order_by("-id")

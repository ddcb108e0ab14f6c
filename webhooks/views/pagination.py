"""Page through a long list of deliveries by id, in both directions, without counting it."""

from __future__ import annotations

from dataclasses import dataclass

from webhooks.models import Delivery
from webhooks.models.delivery import DeliveryQuerySet


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Deliveries, newest first; `newer` and `older` are the ids to go on from, None at either end of the list."""

    deliveries: list[Delivery]
    newer: int | None
    older: int | None


def paginate(deliveries: DeliveryQuerySet, *, before: int | None, after: int | None, size: int) -> DeliveryPage:
    """Return the `size` deliveries next older than the id `before`, or next newer than `after`, or the newest."""
    if after is not None:
        found = list(deliveries.filter(id__gt=after).order_by("id")[: size + 1])
        page, has_newer, has_older = found[:size][::-1], len(found) > size, True
    else:
        older = deliveries if before is None else deliveries.filter(id__lt=before)
        found = list(older.order_by("-id")[: size + 1])
        page, has_newer, has_older = found[:size], before is not None, len(found) > size
    if not page:
        return DeliveryPage([], None, None)
    return DeliveryPage(page, page[0].pk if has_newer else None, page[-1].pk if has_older else None)

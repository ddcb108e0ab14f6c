"""Record an event that another system of the portal reports: once, however often it says so under one key."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.principal import Principal
from webhooks.errors import Conflict
from webhooks.events import outbox, registry
from webhooks.models import Event, Receipt

KEY_TTL = timedelta(hours=24)
"""How long an Idempotency-Key is remembered."""

PURGED_AT_ONCE = 100


class UnknownResource(LookupError):
    """Nothing was ever recorded of this resource in this account."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported: an event (our key) of a resource, what is special about it, and when it happened."""

    event_type: str
    resource_type: str
    resource_id: str
    data: dict[str, Any] = field(default_factory=dict)  # Any: JSON
    detail: str = ""
    occurred_at: datetime | None = None

    def digest(self) -> str:
        """Give what tells two reports apart."""
        parts = [self.event_type, self.resource_type, self.resource_id, self.data, self.detail, str(self.occurred_at)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def report(account: Account, reported: Report, *, by: Principal, key: str = "") -> tuple[Event, bool]:
    """Record what is reported and give the event, and whether it is new: a known `key` gives the event of before.

    What the report does not say of the resource is taken from what was recorded of it last. Raise `UnknownResource`;
    `registry.WrongData`, `outbox.DataTooLarge`; `Conflict` when the key came with another report before.
    """
    if not key:
        with transaction.atomic():
            return _record(account, reported, by=by), True
    known = _known(account, reported, key)
    if known is not None:
        return known, False
    try:
        with transaction.atomic():
            return _record_under(account, reported, by=by, key=key), True
    except IntegrityError:  # the same key, at the same moment
        known = _known(account, reported, key)
        if known is None:
            raise
        return known, False


def _known(account: Account, reported: Report, key: str) -> Event | None:
    """Give the event that `key` has brought about, or raise `Conflict` when it was another report's."""
    receipt = Receipt.objects.filter(account=account, key=key, created_at__gt=timezone.now() - KEY_TTL).first()
    if receipt is None:
        return None
    if receipt.digest != reported.digest():
        raise Conflict("key_reused", _("This Idempotency-Key was used for another event."))
    return Event.objects.filter(pk=receipt.event_id).first()


def _record_under(account: Account, reported: Report, *, by: Principal, key: str) -> Event:
    old = Receipt.objects.filter(created_at__lte=timezone.now() - KEY_TTL)
    Receipt.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:PURGED_AT_ONCE])).delete()
    old.filter(account=account, key=key).delete()
    event = _record(account, reported, by=by)
    Receipt.objects.create(account=account, key=key, digest=reported.digest(), event_id=event.pk)
    return event


def _record(account: Account, reported: Report, *, by: Principal) -> Event:
    about = Event.objects.about(reported.resource_type, reported.resource_id)
    last = about.filter(account=account).first()
    if last is None:
        raise UnknownResource(f"{reported.resource_type}:{reported.resource_id}")
    return outbox.record(
        reported.event_type,
        account=account,
        resource=outbox.Resource(
            type=last.resource_type,
            id=last.resource_id,
            title=last.resource_title,
            page_path=_below_host(last.resource_page_url),
            api_path=_below_host(last.resource_api_url),
        ),
        data=_known_data(last, registry.get(reported.event_type)) | reported.data,
        detail=reported.detail,
        by=by,
        occurred_at=reported.occurred_at,
    )


def _known_data(last: Event, kind: registry.EventType) -> dict[str, Any]:  # Any: JSON
    """Give what is known of the resource as far as this type of event tells it."""
    told = kind.schema.get("properties", {})
    return {name: value for name, value in last.data.items() if name in told}


def _below_host(url: str) -> str:
    return urlsplit(url)._replace(scheme="", netloc="").geturl()

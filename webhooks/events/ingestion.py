"""Record events that another system reports: once each, however often they are sent under one Idempotency-Key."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.principal import Principal
from webhooks.errors import Conflict
from webhooks.events import outbox, registry
from webhooks.filters import EventFilter
from webhooks.models import Event, Receipt
from webhooks.types import Json

IDEMPOTENCY_KEY_TTL = timedelta(hours=24)

MAX_KEYS_PURGED_AT_ONCE = 100


class UnknownResource(LookupError):
    """No event of this resource was ever recorded in this account."""


@dataclass(frozen=True, slots=True)
class ExternalEvent:
    """An event as another system reports it: its type (our key), its resource, and what it says of them."""

    event_type: str
    resource_type: str
    resource_id: str
    data: Json = field(default_factory=dict)
    detail: str = ""
    occurred_at: datetime | None = None

    def digest(self) -> str:
        """Return a hash that differs when anything of the event differs."""
        parts = [self.event_type, self.resource_type, self.resource_id, self.data, self.detail, str(self.occurred_at)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def record_external(
    account: Account, external: ExternalEvent, *, by: Principal, idempotency_key: str = ""
) -> tuple[Event, bool]:
    """Record `external` unless its key is known; return the event, and whether it is new.

    What it does not say of the resource is taken from the resource's last event. Raise `UnknownResource`,
    `registry.WrongData`, `outbox.DataTooLarge`, or `Conflict` when the key came with another event before.
    """
    if not idempotency_key:
        with transaction.atomic():
            return _record(account, external, by=by), True
    known = _known(account, external, idempotency_key)
    if known is not None:
        return known, False
    try:
        with transaction.atomic():
            return _record_under(account, external, by=by, key=idempotency_key), True
    except IntegrityError:  # the same key, at the same moment
        known = _known(account, external, idempotency_key)
        if known is None:
            raise
        return known, False


def _known(account: Account, external: ExternalEvent, key: str) -> Event | None:
    """Return the event that was recorded under `key`, if any; raise `Conflict` when it was another one."""
    since = timezone.now() - IDEMPOTENCY_KEY_TTL
    receipt = Receipt.objects.filter(account=account, key=key, created_at__gt=since).first()
    if receipt is None:
        return None
    if receipt.digest != external.digest():
        raise Conflict("key_reused", _("This Idempotency-Key was used for another event."))
    return Event.objects.filter(pk=receipt.event_id).first()


def _record_under(account: Account, external: ExternalEvent, *, by: Principal, key: str) -> Event:
    old = Receipt.objects.filter(created_at__lte=timezone.now() - IDEMPOTENCY_KEY_TTL)
    Receipt.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:MAX_KEYS_PURGED_AT_ONCE])).delete()
    old.filter(account=account, key=key).delete()
    event = _record(account, external, by=by)
    Receipt.objects.create(account=account, key=key, digest=external.digest(), event_id=event.pk)
    return event


def _record(account: Account, external: ExternalEvent, *, by: Principal) -> Event:
    of_resource = EventFilter(resource_type=external.resource_type, resource_id=external.resource_id)
    last = of_resource.apply(Event.objects.of(account)).first()
    if last is None:
        raise UnknownResource(f"{external.resource_type}:{external.resource_id}")
    return outbox.record(
        external.event_type,
        account=account,
        resource=outbox.Resource(
            type=last.resource_type,
            id=last.resource_id,
            title=last.resource_title,
            page_path=_path_of(last.resource_page_url),
            api_path=_path_of(last.resource_api_url),
        ),
        data=_known_data(last, registry.get(external.event_type)) | external.data,
        detail=external.detail,
        by=by,
        occurred_at=external.occurred_at,
    )


def _known_data(last: Event, kind: registry.EventType) -> Json:
    """Return what the resource's last event says of it, as far as this type of event has a place for it."""
    names = kind.schema.get("properties", {})
    return {name: value for name, value in last.data.items() if name in names}


def _path_of(url: str) -> str:
    return urlsplit(url)._replace(scheme="", netloc="").geturl()

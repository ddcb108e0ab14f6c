"""Records events in the caller's own transaction: what happened and its event exist together or not at all."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Account
from accounts.principal import WORKER, Principal
from webhooks import wakeup
from webhooks.events import registry
from webhooks.models.event import Event, NextSequence
from webhooks.types import Json

logger = logging.getLogger(__name__)

MAX_DATA_BYTES = 64 * 1024
"""Size of an event's data as it is sent, compact JSON in UTF-8: what intermediaries must forward (CloudEvents 1.0,
"Size Limits")."""

MAX_DETAIL_CHARS = 4000


class OutsideTransaction(RuntimeError):
    """record() was called outside `transaction.atomic()`: the event could remain although what it records failed."""


class DataTooLarge(ValueError):
    """An event's data is larger than 64 KiB, as compact JSON in UTF-8."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What an event is about; the paths are below PUBLIC_URL."""

    type: str
    id: str
    title: str
    page_path: str
    api_path: str


def record(
    event_type: str,
    *,
    account: Account,
    resource: Resource,
    data: Json,
    detail: str = "",
    by: Principal = WORKER,
    occurred_at: datetime | None = None,
) -> Event:
    """Insert an event and wake the courier when the transaction commits.

    Raise `OutsideTransaction`; `registry.UnknownEventType`; `registry.WrongData` when `data` does not obey the type's
    schema; `DataTooLarge`. NULs and lone surrogates, which PostgreSQL cannot store, are replaced.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction("record() must be called in the transaction of what it records.")
    kind = registry.get(event_type)
    kind.check(data)
    event = Event.objects.create(
        sequence=NextSequence(),
        type=kind.key,
        account=account,
        resource_type=resource.type,
        resource_id=resource.id,
        resource_title=_storable(resource.title)[:300],
        resource_page_url=settings.PUBLIC_URL + resource.page_path if resource.page_path else "",
        resource_api_url=settings.PUBLIC_URL + resource.api_path if resource.api_path else "",
        detail=_storable(detail)[:MAX_DETAIL_CHARS],
        data=_storable_data(data),
        origin_kind=by.kind,
        origin_id=by.id,
        origin_name=_storable(by.name)[:150],
        occurred_at=occurred_at or timezone.now(),
    )
    transaction.on_commit(wakeup.ring, robust=True)
    if logger.isEnabledFor(logging.DEBUG):
        line = f"event    {event.type:<28} {event.resource_type} {event.resource_id}"
        transaction.on_commit(lambda: logger.debug("%s", line), robust=True)
    return event


def _storable_data(data: Json) -> Json:
    """Return `data` as any database can store it; raise `DataTooLarge`, or ValueError for what JSON cannot express."""
    try:
        sent = _compact_json(data)
    except UnicodeEncodeError:  # a lone surrogate
        sent = b""
    if not sent or b"\\u0000" in sent:
        data = _cleaned(data)
        sent = _compact_json(data)
    if len(sent) > MAX_DATA_BYTES:
        raise DataTooLarge(f"{len(sent)} bytes of data, {MAX_DATA_BYTES} allowed.")
    return data


def _compact_json(data: Json) -> bytes:
    """Return `data` as the targets send it."""
    return json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, dict):
        return {_storable(key): _cleaned(item) for key, item in value.items()}
    return [_cleaned(item) for item in value] if isinstance(value, list | tuple) else value


def _storable(text: str) -> str:
    """Replace NULs and lone surrogates, which a database cannot store."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")

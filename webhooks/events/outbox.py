"""Record an event in the caller's own transaction: the act and its event exist together or not at all."""

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

logger = logging.getLogger(__name__)

MAX_DATA_BYTES = 64 * 1024
"""Size of an event's data as JSON: what intermediaries must forward (CloudEvents 1.0, "Size Limits")."""

MAX_DETAIL_CHARS = 4000


class OutsideTransaction(RuntimeError):
    """record() was called outside `transaction.atomic()`: its event could outlive an act that fails."""


class DataTooLarge(ValueError):
    """An event's data is larger than 64 KiB as JSON."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What an event is about: `type` is `dataset` or `visualisation`; the paths are below PUBLIC_URL."""

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
    data: dict[str, Any],  # Any: JSON, checked against the type's schema
    detail: str = "",
    by: Principal = WORKER,
    occurred_at: datetime | None = None,
) -> Event:
    """Insert an event and ring the courier when the transaction commits.

    Raise `OutsideTransaction`; `registry.UnknownEventType` and `registry.WrongData` when the type does not know its
    name or data; `DataTooLarge`. NULs, which PostgreSQL cannot hold, are replaced in texts and in `data`.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction("record() needs the transaction of the act that it records.")
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
        data=_frozen(data),
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


def _frozen(data: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    """Give `data` as it will be read back, storable; raise `DataTooLarge`, or ValueError for what JSON cannot hold."""
    text = json.dumps(data, allow_nan=False, ensure_ascii=True)
    if len(text) > MAX_DATA_BYTES:
        raise DataTooLarge(f"{len(text)} bytes of data, {MAX_DATA_BYTES} allowed.")
    if "\\u0000" in text or "\\ud" in text:
        data = _cleaned(data)
    return data


def _cleaned(value: Any) -> Any:  # Any: JSON
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, dict):
        return {_storable(k): _cleaned(v) for k, v in value.items()}
    return [_cleaned(v) for v in value] if isinstance(value, list | tuple) else value


def _storable(text: str) -> str:
    """Replace what the database cannot hold: NULs and lone surrogates."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")

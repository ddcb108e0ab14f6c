"""The two wire formats of Google Analytics, from an event to URL and body: pure."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode
from uuid import NAMESPACE_URL, UUID, uuid5

from webhooks.targets.target import EPOCH, Message
from webhooks.targets.text import cut_bytes
from webhooks.types import Json

MAX_BYTES = {"ec": 150, "ea": 500, "el": 500, "an": 100, "av": 100}
"""Bytes of UTF-8 of each parameter (Measurement Protocol v1 parameter reference)."""

MAX_PARAM_CHARS = 100
MAX_PAGE_CHARS = 1000
"""Characters of a parameter's value, and of page_location (support.google.com/analytics/answer/9234069)."""

MAX_VALIDATION_MESSAGES = 20
MAX_VALIDATION_MESSAGE_CHARS = 300

QUOTE_SAFE = "!*'()"
"""What JavaScript's encodeURIComponent leaves as it is besides letters, digits and `-_.~`."""


def universal_body(message: Message, *, tracking_id: str, client_id: UUID, app_name: str, app_version: str) -> bytes:
    """Return the payload of one event hit (Measurement Protocol v1), under the names of Google, unlike Data Fair's."""
    label = message.title or message.resource_id
    if message.detail:
        label += f"\n\n{message.detail}"
    fields = {
        "v": "1",
        "tid": tracking_id,
        "cid": str(client_id),
        "t": "event",
        "ec": message.category,
        "ea": message.label,
        "el": label,
        "an": app_name,
        "av": app_version,
    }
    cut = {name: cut_bytes(value, MAX_BYTES.get(name, 500)) for name, value in fields.items()}
    return "&".join(f"{name}={quote(value, safe=QUOTE_SAFE)}" for name, value in cut.items() if value).encode()


def ga4_query(*, measurement_id: str, api_secret: str) -> str:
    """Return the query of a call of the Measurement Protocol (GA4): `api_secret` is the only secret in it."""
    return urlencode({"measurement_id": measurement_id, "api_secret": api_secret})


def ga4_body(message: Message, *, client_id: str, app_name: str, app_version: str, strict: bool = False) -> bytes:
    """Return one event as JSON (developers.google.com/analytics/devguides/collection/protocol/ga4/reference).

    `strict` is for the validation server alone: it makes it report as much as it can.
    """
    params: Json = {
        "event_category": message.category,
        "event_action": message.label,
        "event_label": message.title or message.resource_id,
        "event_detail": message.detail,
        "resource_id": message.resource_id,
        "app_name": app_name,
        "app_version": app_version,
    }
    params = {name: value[:MAX_PARAM_CHARS] for name, value in params.items() if value}
    if 0 < len(message.page_url) <= MAX_PAGE_CHARS:
        params["page_location"] = message.page_url
    params["session_id"] = str(_day(message.occurred_at))
    params["engagement_time_msec"] = 1
    body: Json = {
        "client_id": client_id,
        "timestamp_micros": (message.occurred_at - EPOCH) // timedelta(microseconds=1),
        "consent": {"ad_user_data": "DENIED", "ad_personalization": "DENIED"},
        "events": [{"name": message.type.replace(".", "_"), "params": params}],
    }
    if strict:
        body["validation_behavior"] = "ENFORCE_RECOMMENDATIONS"
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def ga4_validation_messages(body: bytes) -> list[str]:
    """Return the messages of the validation server (what is wrong, and where); none when `body` is not its JSON."""
    try:
        found = json.loads(body)["validationMessages"]
        return [_sentence(one) for one in found[:MAX_VALIDATION_MESSAGES]]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return []


def _sentence(message: Json) -> str:
    where, what = str(message.get("fieldPath") or ""), str(message.get("description") or message.get("validationCode"))
    sentence = (f"{where}: {what}" if where else what)[:MAX_VALIDATION_MESSAGE_CHARS]
    return sentence.encode("utf-8", "replace").decode()  # without lone surrogates, which no page can hold


def universal_client(name: str) -> UUID:
    """Return the visitor id of `name`: always the same one, in the form of a UUIDv4."""
    return UUID(bytes=uuid5(NAMESPACE_URL, name).bytes, version=4)


def ga4_client(name: str, *, created_at: datetime) -> str:
    """Return the visitor id of `name` for GA4, in the form of its cookie: a number, and when it was first seen."""
    return f"{zlib.crc32(name.encode())}.{int(created_at.timestamp())}"


def _day(at: datetime) -> int:
    """Return the beginning of the UTC day in epoch seconds: it stands for the session, of which there is one a day."""
    return int(at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp())

"""The three formats of body of the HTTP target: pure, and serialised once however many webhooks an event has."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from webhooks.targets.target import Message
from webhooks.types import Json

CLOUDEVENTS_TYPE_PREFIX = "fr.porte-voix."
"""CloudEvents asks for a reverse-DNS prefix of the type: `fr.porte-voix.dataset.finalized`."""

MAX_CACHED_BODIES = 256
"""An event goes to all its webhooks within moments: more bodies than a courier sends at once only cost memory."""


class Format(StrEnum):
    """The formats to choose from."""

    MESSAGE = "message"
    STANDARD = "standard"
    CLOUDEVENTS = "cloudevents"


class Chat(StrEnum):
    """The chat that receives the message, whose markup a title must not be able to use."""

    NONE = ""
    SLACK = "slack"
    MATTERMOST = "mattermost"  # Rocket.Chat too


_PING = re.compile(r"@(?=(?:all|channel|here|everyone)\b)", re.IGNORECASE)


@lru_cache(maxsize=MAX_CACHED_BODIES)
def body(message: Message, body_format: Format, chat: Chat) -> bytes:
    """Return the body as compact JSON in UTF-8: the same bytes at each attempt."""
    content = _CONTENT[body_format](message, chat)
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def content_type(body_format: Format) -> str:
    """Return the media type of a format (CloudEvents 1.0 HTTP binding §3.2 for its structured mode)."""
    return "application/cloudevents+json" if body_format is Format.CLOUDEVENTS else "application/json"


def text(message: Message, chat: Chat) -> str:
    """Return Data Fair's sentence; in a chat no title, detail or address can ping anybody or pass for a link.

    Slack reads `<!channel>` (https://api.slack.com/reference/surfaces/formatting#escaping); Mattermost and Rocket.Chat
    read that and a bare `@channel`, which a zero-width space breaks.
    """
    sentence = f"{message.title or message.resource_id} - {message.label}"
    if message.page_url:
        sentence += f" - {message.page_url}"
    if message.detail:
        sentence += f"\n\n{message.detail}"
    if chat is not Chat.NONE:
        sentence = sentence.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _PING.sub("@\u200b", sentence) if chat is Chat.MATTERMOST else sentence


def _message(message: Message, chat: Chat) -> Json:
    return {"text": text(message, chat), "href": message.api_url, "event": message.event}


def _standard(message: Message, _chat: Chat) -> Json:
    return {
        "type": message.type,
        "timestamp": _iso(message.occurred_at),
        "sequence": message.sequence,
        "data": _data(message),
    }


def _cloudevents(message: Message, _chat: Chat) -> Json:
    return {
        "specversion": "1.0",
        "id": message.id,
        "source": message.api_url.partition("/api/v1/")[0] or "/",
        "type": CLOUDEVENTS_TYPE_PREFIX + message.type,
        "subject": f"{message.category}/{message.resource_id}",
        "time": _iso(message.occurred_at),
        # Extension "sequence": ordered as text, hence the zeros.
        "sequence": f"{message.sequence:019d}",
        "datacontenttype": "application/json",
        "data": _data(message),
    }


def _data(message: Message) -> Json:
    """Return what all types have in common (resource, account, detail) and the type's own data beside it."""
    common = {
        "resource": {
            "type": message.category,
            "id": message.resource_id,
            "title": message.title,
            "href": message.api_url,
            "page": message.page_url,
        },
        "account": message.account,
        "detail": message.detail,
    }
    return {**common, **{key: value for key, value in message.data.items() if key not in common}}


def _iso(at: datetime) -> str:
    """Return `at` as RFC 3339 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_CONTENT = {Format.MESSAGE: _message, Format.STANDARD: _standard, Format.CLOUDEVENTS: _cloudevents}

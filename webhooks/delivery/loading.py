"""What a courier needs to prepare a request: the webhook as its target sees it, the event as a message."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import translation

from webhooks import targets
from webhooks.egress import OutgoingRequest
from webhooks.encryption import Unsealable
from webhooks.events import registry
from webhooks.logs import Log
from webhooks.models import Event, Webhook
from webhooks.signing import key_of
from webhooks.targets import Config, Message, Target, UnknownTarget

logger = Log(logging.getLogger(__name__))

MAX_KEPT_MESSAGES = 500
"""Kept for the other webhooks of the same event; each may have 64 KiB of data, which are thrice as much in memory."""

MAX_KEPT_WEBHOOKS = 5000


class Unpreparable(Exception):
    """A target could not turn a message into a request."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A webhook ready to be called, as of one revision; its keys each with the end of their validity."""

    revision: int
    target: Target
    settings: dict[str, Any]  # Any: the target's own
    keys: tuple[tuple[bytes, datetime | None], ...]
    created_at: datetime
    webhook_id: int

    def prepare(self, message: Message, *, now: datetime) -> OutgoingRequest:
        """Give the request for `message`, signed with the secrets that are valid at `now`; raise `Unpreparable`."""
        valid = tuple(key for key, until in self.keys if until is None or until > now)
        config = Config(self.settings, valid, self.webhook_id, self.created_at)
        try:
            return self.target.prepare(message, config, now=now)
        except Exception as error:  # one target's mistake, or one odd event, must not stop the others
            raise Unpreparable(f"webhook {self.webhook_id}, event {message.id}") from error


class Cargo:
    """Load subscribers and messages, and keep the latest: one event often goes to many webhooks."""

    def __init__(self) -> None:
        self._subscribers: dict[int, Subscriber] = {}
        self._messages: dict[UUID, Message] = {}

    def subscribers(self, revisions: Mapping[int, int]) -> dict[int, Subscriber]:
        """Give the webhooks of `revisions` (revision by webhook id), loading those of which the kept copy is old.

        One that is gone, or whose secrets or target cannot be read, is left out.
        """
        stale = [pk for pk, revision in revisions.items() if not self._is_fresh(pk, revision)]
        if stale:
            _make_room(self._subscribers, MAX_KEPT_WEBHOOKS)
            for webhook in Webhook.objects.filter(pk__in=stale).prefetch_related("secrets"):
                try:
                    self._subscribers[webhook.pk] = subscriber_of(webhook)
                except (Unsealable, UnknownTarget):
                    self._subscribers.pop(webhook.pk, None)
                    logger.exception("webhook %s cannot be called", webhook.pk)
        return {pk: kept for pk in revisions if (kept := self._subscribers.get(pk)) is not None}

    def messages(self, event_ids: Iterable[UUID]) -> dict[UUID, Message]:
        """Give the events as messages; one that is gone, or of a type that is not known any more, is left out."""
        wanted = set(event_ids)
        missing = wanted - self._messages.keys()
        found = {pk: self._messages[pk] for pk in wanted - missing}
        if missing:
            _make_room(self._messages, MAX_KEPT_MESSAGES)
            for event in Event.objects.filter(pk__in=missing).select_related("account"):
                try:
                    found[event.pk] = self._messages[event.pk] = message_of(event)
                except registry.UnknownEventType:
                    logger.exception("event %s cannot be told", event.pk)
        return found

    def _is_fresh(self, webhook_id: int, revision: int) -> bool:
        kept = self._subscribers.get(webhook_id)
        return kept is not None and kept.revision == revision


def _make_room(kept: dict[Any, Any], most: int) -> None:  # Any: of either kind
    """Forget the older half of what is kept when it is full."""
    if len(kept) >= most:
        for key in list(kept)[: most // 2]:
            del kept[key]


def message_of(event: Event) -> Message:
    """Give an event in the words of its account."""
    kind = registry.get(event.type)
    language = event.account.language
    with translation.override(language):
        label = str(kind.label)
    return Message(
        id=event.pk.hex,
        type=kind.key,
        event=kind.data_fair_event,
        category=kind.category,
        label=label,
        language=language,
        resource_id=event.resource_id,
        title=event.resource_title,
        page_url=event.resource_page_url,
        api_url=event.resource_api_url,
        detail=event.detail,
        data=event.data,
        account=event.account.as_owner,
        sequence=event.sequence,
        occurred_at=event.occurred_at,
    )


def subscriber_of(webhook: Webhook) -> Subscriber:
    """Give the webhook as its target sees it; raise `Unsealable`, or `UnknownTarget`."""
    keys = sorted(webhook.secrets.all(), key=lambda secret: -secret.pk)
    return Subscriber(
        revision=webhook.revision,
        target=targets.get(webhook.target_kind),
        settings=webhook.settings,
        keys=tuple((key_of(secret.reveal()), secret.valid_until) for secret in keys),
        created_at=webhook.created_at,
        webhook_id=webhook.pk,
    )

"""Load what a courier needs to prepare a request: the webhook as its target sees it, the event as a message."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from webhooks import targets
from webhooks.egress import OutgoingRequest
from webhooks.encryption import Unsealable
from webhooks.events import registry
from webhooks.events.messages import message_of
from webhooks.logs import Log
from webhooks.models import Event, Webhook
from webhooks.signing import key_of
from webhooks.targets import Config, Message, Target, UnknownTarget
from webhooks.types import Json

logger = Log(logging.getLogger(__name__))

MAX_KEPT_MESSAGES = 500
"""Kept for the other webhooks of the same event; each may have 64 KiB of data, which are thrice as much in memory."""

MAX_KEPT_SUBSCRIBERS = 5000

K = TypeVar("K")
V = TypeVar("V")


class Unpreparable(Exception):
    """A target could not turn a message into a request."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A webhook as of one revision, ready to be called; `keys` are its secrets, each with the end of its validity."""

    revision: int
    target: Target
    settings: Json
    keys: tuple[tuple[bytes, datetime | None], ...]
    created_at: datetime
    webhook_id: int

    def prepare(self, message: Message, *, now: datetime) -> OutgoingRequest:
        """Return the request for `message`, signed with the secrets that are valid at `now`; raise `Unpreparable`."""
        valid = tuple(key for key, until in self.keys if until is None or until > now)
        config = Config(self.settings, valid, self.webhook_id, self.created_at)
        try:
            return self.target.prepare(message, config, now=now)
        except Exception as error:  # a bug in one target, or one odd event, must not stop the other deliveries
            raise Unpreparable(f"webhook {self.webhook_id}, event {message.id}") from error


class Loader:
    """Loads subscribers and messages, and keeps the latest: one event often goes to many webhooks."""

    def __init__(self) -> None:
        self._subscribers: dict[int, Subscriber] = {}
        self._messages: dict[UUID, Message] = {}

    def subscribers(self, revisions: Mapping[int, int]) -> dict[int, Subscriber]:
        """Return the webhooks of `revisions` (revision by webhook id), loading those of which the kept copy is old.

        One that does not exist any more, or whose secrets or target cannot be read, is left out.
        """
        stale = [pk for pk, revision in revisions.items() if not self._is_fresh(pk, revision)]
        if stale:
            _evict(self._subscribers, MAX_KEPT_SUBSCRIBERS)
            for webhook in Webhook.objects.filter(pk__in=stale).prefetch_related("secrets"):
                try:
                    self._subscribers[webhook.pk] = subscriber_of(webhook)
                except (Unsealable, UnknownTarget):
                    self._subscribers.pop(webhook.pk, None)
                    logger.exception("webhook %s cannot be called", webhook.pk)
        return {pk: kept for pk in revisions if (kept := self._subscribers.get(pk)) is not None}

    def messages(self, event_ids: Iterable[UUID]) -> dict[UUID, Message]:
        """Return the events as messages; one that was deleted, or whose type is not known any more, is left out."""
        wanted = set(event_ids)
        missing = wanted - self._messages.keys()
        found = {pk: self._messages[pk] for pk in wanted - missing}
        if missing:
            _evict(self._messages, MAX_KEPT_MESSAGES)
            for event in Event.objects.filter(pk__in=missing).select_related("account"):
                try:
                    found[event.pk] = self._messages[event.pk] = message_of(event)
                except registry.UnknownEventType:
                    logger.exception("event %s cannot be sent: its type is not known", event.pk)
        return found

    def _is_fresh(self, webhook_id: int, revision: int) -> bool:
        kept = self._subscribers.get(webhook_id)
        return kept is not None and kept.revision == revision


def _evict(kept: dict[K, V], max_kept: int) -> None:
    """Remove the older half of a cache that is full."""
    if len(kept) >= max_kept:
        for key in list(kept)[: max_kept // 2]:
            del kept[key]


def subscriber_of(webhook: Webhook) -> Subscriber:
    """Return the webhook as its target sees it; raise `Unsealable`, or `UnknownTarget`."""
    keys = sorted(webhook.secrets.all(), key=lambda secret: -secret.pk)
    return Subscriber(
        revision=webhook.revision,
        target=targets.get(webhook.target_kind),
        settings=webhook.settings,
        keys=tuple((key_of(secret.reveal()), secret.valid_until) for secret in keys),
        created_at=webhook.created_at,
        webhook_id=webhook.pk,
    )

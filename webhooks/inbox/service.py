"""What the built-in receiver does with a request: keep it, judge its signature, say how to answer."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from webhooks.encryption import Unsealable
from webhooks.models import Inbox, InboxMessage, Secret
from webhooks.signing import SignatureStatus, key_of, verify

KEPT = 200
"""Messages kept for each inbox, the newest."""

MAX_BODY_BYTES = 256 * 1024
"""Bytes kept of a body: an event's data (64 KiB) in any format, with room."""

DELAYS_S = {Inbox.Behaviour.SLOW: 5.0, Inbox.Behaviour.NEVER: 20.0}
"""How long these inboxes wait; "never" is longer than the sender's deadline of 15 s, and yet ends."""

ANSWERS = {Inbox.Behaviour.ERROR: 500, Inbox.Behaviour.GONE: 410, Inbox.Behaviour.NEVER: 504}
"""The status of each behaviour that is not 200; a sender that outlives "never" must not take it for a success."""

MAX_WAITING = 2
"""Requests that may wait at once in this process, so that a hanging inbox leaves threads for the pages."""

_seats = threading.BoundedSemaphore(MAX_WAITING)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that came in: header names in lower case, `path` what follows the inbox's address."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def take(inbox: Inbox, arrival: Arrival) -> int:
    """Keep the request, wait as long as the inbox is told to, and give the status to answer."""
    behaviour = Inbox.Behaviour(inbox.behaviour)
    status = ANSWERS.get(behaviour, 200)
    if behaviour not in DELAYS_S:
        _keep(inbox, arrival, status)
        return status
    if not _seats.acquire(blocking=False):
        _keep(inbox, arrival, 503)
        return 503
    try:
        _keep(inbox, arrival, status if behaviour == Inbox.Behaviour.SLOW else None)
        threading.Event().wait(DELAYS_S[behaviour])
    finally:
        _seats.release()
    return status


def judge(inbox: Inbox, arrival: Arrival, *, now: datetime) -> tuple[SignatureStatus, str]:
    """Verify against every secret valid now of the account's webhooks; give the title of the one that signed."""
    secrets = Secret.objects.valid(now).filter(webhook__account_id=inbox.account_id, webhook__deleted_at__isnull=True)
    verdict = verify([], headers=arrival.headers, body=arrival.body, now=now.timestamp())
    if verdict != SignatureStatus.WRONG:
        return verdict, ""
    for secret in secrets.select_related("webhook"):
        with suppress(Unsealable):
            if (
                verify_with(secret.reveal(), headers=arrival.headers, body=arrival.body, now=now)
                == SignatureStatus.VALID
            ):
                return SignatureStatus.VALID, secret.webhook.title
    return SignatureStatus.WRONG, ""


def verify_with(secret: str, *, headers: Mapping[str, str], body: bytes, now: datetime) -> SignatureStatus:
    """Verify with one `whsec_…` secret; one that is not base64 verifies nothing."""
    try:
        keys = [key_of(secret)]
    except ValueError:
        keys = []
    return verify(keys, headers=headers, body=body, now=now.timestamp())


def _keep(inbox: Inbox, arrival: Arrival, status: int | None) -> None:
    """Store the request, and let go of the oldest beyond KEPT."""
    now = timezone.now()
    verdict, signed_by = judge(inbox, arrival, now=now)
    InboxMessage.objects.create(
        inbox=inbox,
        received_at=now,
        method=arrival.method[:10],
        path=arrival.path[:2100].replace("\0", "\ufffd"),
        headers=[[name, value.replace("\0", "\ufffd")] for name, value in arrival.headers.items()],
        body=arrival.body[:MAX_BODY_BYTES],
        truncated=len(arrival.body) > MAX_BODY_BYTES,
        verdict=verdict.value,
        signed_by=signed_by,
        answered=status,
    )
    newest = inbox.messages.order_by("-id").values_list("id", flat=True)
    for oldest in newest[KEPT : KEPT + 1]:
        inbox.messages.filter(id__lte=oldest).delete()

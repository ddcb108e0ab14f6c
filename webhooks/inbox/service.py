"""What the built-in receiver does with a request: store it, verify its signature, choose the response."""

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

MAX_MESSAGES_PER_INBOX = 200
"""The newest are kept."""

MAX_BODY_BYTES = 256 * 1024
"""Bytes kept of a body: an event's data (64 KiB) in any format, with room."""

DELAYS_S = {Inbox.Behaviour.SLOW: 5.0, Inbox.Behaviour.NEVER: 20.0}
"""How long these inboxes wait before they respond; "never" is longer than the courier's deadline of 15 s."""

STATUSES = {Inbox.Behaviour.ERROR: 500, Inbox.Behaviour.GONE: 410, Inbox.Behaviour.NEVER: 504}
"""The status of each behaviour, 200 for the others; "never" must not be a success to a client that waits longer."""

MAX_DELAYED_REQUESTS = 2
"""Requests that may wait at once in this process, so that a hanging inbox leaves threads for the pages."""

_delayed_requests = threading.BoundedSemaphore(MAX_DELAYED_REQUESTS)


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request as it arrived: header names in lower case, `path` what follows the inbox's address."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def receive(inbox: Inbox, received: ReceivedRequest) -> int:
    """Store a request, wait as the inbox is configured to, and return the status of the response."""
    behaviour = Inbox.Behaviour(inbox.behaviour)
    status = STATUSES.get(behaviour, 200)
    if behaviour not in DELAYS_S:
        _store(inbox, received, status)
        return status
    if not _delayed_requests.acquire(blocking=False):
        _store(inbox, received, 503)
        return 503
    try:
        _store(inbox, received, status if behaviour == Inbox.Behaviour.SLOW else None)
        threading.Event().wait(DELAYS_S[behaviour])
    finally:
        _delayed_requests.release()
    return status


def verify_signature(inbox: Inbox, received: ReceivedRequest, *, now: datetime) -> tuple[SignatureStatus, str]:
    """Verify with every secret of the account's webhooks that is valid; return the title of the one that signed too."""
    secrets = Secret.objects.valid(now).filter(webhook__account_id=inbox.account_id, webhook__deleted_at__isnull=True)
    status = verify([], headers=received.headers, body=received.body, now=now.timestamp())
    if status != SignatureStatus.WRONG:
        return status, ""
    for secret in secrets.select_related("webhook"):
        with suppress(Unsealable):
            if (
                verify_with_secret(secret.reveal(), headers=received.headers, body=received.body, now=now)
                == SignatureStatus.VALID
            ):
                return SignatureStatus.VALID, secret.webhook.title
    return SignatureStatus.WRONG, ""


def verify_with_secret(secret: str, *, headers: Mapping[str, str], body: bytes, now: datetime) -> SignatureStatus:
    """Verify with one `whsec_…` secret, which verifies nothing when it is not base64."""
    try:
        keys = [key_of(secret)]
    except ValueError:
        keys = []
    return verify(keys, headers=headers, body=body, now=now.timestamp())


def _store(inbox: Inbox, received: ReceivedRequest, status: int | None) -> None:
    """Store the request, and delete the oldest beyond MAX_MESSAGES_PER_INBOX."""
    now = timezone.now()
    signature, signed_by = verify_signature(inbox, received, now=now)
    InboxMessage.objects.create(
        inbox=inbox,
        received_at=now,
        method=received.method[:10],
        path=received.path[:2100].replace("\0", "\ufffd"),
        headers=[[name, value.replace("\0", "\ufffd")] for name, value in received.headers.items()],
        body=received.body[:MAX_BODY_BYTES],
        truncated=len(received.body) > MAX_BODY_BYTES,
        verdict=signature.value,
        signed_by=signed_by,
        answered=status,
    )
    newest = inbox.messages.order_by("-id").values_list("id", flat=True)
    for oldest in newest[MAX_MESSAGES_PER_INBOX : MAX_MESSAGES_PER_INBOX + 1]:
        inbox.messages.filter(id__lte=oldest).delete()

"""A delivery on its way through a courier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from webhooks.egress import OutgoingRequest
from webhooks.targets import Message


@dataclass(slots=True, eq=False)  # not frozen: that would make it thrice as slow to build, at each delivery
class Job:
    """A delivery under lease, from its claim until its result is written or its lease is given back.

    | state     | held by                           | next                                                         |
    |-----------|-----------------------------------|--------------------------------------------------------------|
    | claimed   | the fetcher, while it reads       | waiting                                                      |
    |           | webhook and event                 |                                                              |
    | waiting   | the queue of its webhook, with    | in flight; finished when no request can be prepared;         |
    |           | its `message`                     | released when the webhook was changed, rests or is disabled, |
    |           |                                   | when the lease would end too early, or at a shutdown         |
    | in flight | the sender, with its `request`    | finished by an answer or a failure; released at a shutdown   |
    | finished  | the result buffer, as a `Result`  | its attempt is written, its delivery settled or retried      |
    | released  | the result buffer, as an id       | its lease ends: it can be claimed again                      |

    `message` stays None when the event cannot be told any more.
    """

    delivery_id: int
    event_id: UUID
    webhook_id: int
    failures: int
    trigger: str
    leased_until: datetime
    message: Message | None = None
    request: OutgoingRequest | None = None

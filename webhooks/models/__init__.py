"""What is recorded, whom it is for, and what became of it."""

from webhooks.models.courier import Courier
from webhooks.models.delivery import Attempt, Delivery
from webhooks.models.event import Event
from webhooks.models.idempotency import Receipt
from webhooks.models.inbox import Inbox, InboxMessage
from webhooks.models.notification import Notification
from webhooks.models.webhook import Change, Secret, Webhook

__all__ = [
    "Attempt",
    "Change",
    "Courier",
    "Delivery",
    "Event",
    "Inbox",
    "InboxMessage",
    "Notification",
    "Receipt",
    "Secret",
    "Webhook",
]

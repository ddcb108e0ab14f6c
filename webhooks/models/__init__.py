"""The tables of this app: events, webhooks with their secrets, deliveries with their attempts, inboxes.

Everything in the app but the pure modules imports it. It holds fields, constraints and querysets.
It calls nobody, and knows no other app but `accounts`.
"""

from webhooks.models.courier import Courier
from webhooks.models.delivery import Attempt, Delivery
from webhooks.models.event import Event
from webhooks.models.idempotency import Receipt
from webhooks.models.inbox import Inbox, InboxMessage
from webhooks.models.notification import HealthChange, Notification
from webhooks.models.webhook import Secret, Webhook

__all__ = [
    "Attempt",
    "Courier",
    "Delivery",
    "Event",
    "HealthChange",
    "Inbox",
    "InboxMessage",
    "Notification",
    "Receipt",
    "Secret",
    "Webhook",
]

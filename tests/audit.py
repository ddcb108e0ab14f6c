"""What stands in the audit, the oldest first."""

from accounts.models import AuditEntry
from webhooks.models import Webhook
from webhooks.views.presenters import Change


def entries_of(webhook: Webhook | None = None) -> list[AuditEntry]:
    """Return the entries about `webhook`, or about all webhooks."""
    about = AuditEntry.objects.about(webhook) if webhook else AuditEntry.objects.filter(object_type="webhook")
    return list(about.order_by("id"))


def acts_on(webhook: Webhook | None = None) -> list[str]:
    """Return what was done, such as `updated`."""
    return [entry.action.removeprefix("webhook.") for entry in entries_of(webhook)]


def acts_by(webhook: Webhook | None = None) -> list[tuple[str, str]]:
    """Return what was done, and by whom."""
    return [(entry.action.removeprefix("webhook."), entry.actor_name) for entry in entries_of(webhook)]


def history_of(webhook: Webhook) -> list[tuple[str, str, str]]:
    """Return what was done, the detail that the history of the webhook shows, and by whom."""
    return [
        (act, Change.of(e).detail, e.actor_name) for act, e in zip(acts_on(webhook), entries_of(webhook), strict=True)
    ]

"""Write the audit log of a webhook: who did what to it."""

from accounts.principal import Principal
from webhooks.models import Change


def log(webhook_id: int, kind: Change.Kind, *, by: Principal, detail: str = "") -> None:
    """Add a line to the webhook's audit log, in the caller's transaction."""
    Change.objects.create(
        webhook_id=webhook_id,
        kind=kind,
        detail=detail[:300],
        by_kind=by.kind,
        by_id=by.id,
        by_name=by.name[:150],
    )

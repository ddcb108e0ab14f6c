"""Issue and revoke the API keys of an account."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ApiKey
from accounts.permissions import SCOPES

SCOPE_LABELS = {
    "datasets": _("Datasets: read and write"),
    "datasets-read": _("Datasets: read"),
    "applications": _("Visualisations: read and write"),
    "applications-read": _("Visualisations: read"),
    "catalogs": _("Catalogs: read and write"),
    "catalogs-read": _("Catalogs: read"),
    "webhooks": _("Webhooks: read and write"),
    "webhooks-read": _("Webhooks: read"),
    "events": _("Events: read and record"),
    "events-read": _("Events: read"),
    "stats": _("Statistics: read and write"),
    "stats-read": _("Statistics: read"),
}
"""The label of each scope, in the order of `SCOPES`."""


class WrongScopes(ValueError):
    """No scope was given, or one that does not exist."""


def issue_key(
    account: Account, *, title: str, scopes: list[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Return a new key of `account` and its clear text, which is stored nowhere; raise `WrongScopes`."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise WrongScopes(", ".join(unknown))
    return ApiKey.objects.issue(
        account, title=title, scopes=[scope for scope in SCOPES if scope in scopes], expires_at=expires_at
    )


def revoke_key(key: ApiKey) -> None:
    """Delete `key`: programs that use it are refused from now on."""
    key.delete()

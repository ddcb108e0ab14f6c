"""Issue and revoke the keys with which programs act for an account."""

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
"""What each scope opens, in words, in the order of `SCOPES`."""


class WrongScopes(ValueError):
    """A key opens at least one scope, and only scopes that exist."""


def issue(account: Account, *, title: str, scopes: list[str], expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """Store a new key of `account` and give it with its clear text, shown this once; raise `WrongScopes`."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise WrongScopes(", ".join(unknown))
    return ApiKey.objects.issue(
        account, title=title, scopes=[scope for scope in SCOPES if scope in scopes], expires_at=expires_at
    )


def revoke(key: ApiKey) -> None:
    """Delete `key`: from now on the programs that use it are refused."""
    key.delete()

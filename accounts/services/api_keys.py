"""Issue and revoke the API keys of an account."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Account, ApiKey
from accounts.permissions import SCOPES
from accounts.principal import Principal
from accounts.services.actions import Action

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
    account: Account, *, title: str, scopes: list[str], by: Principal, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Return a new key of `account` and its clear text, which is stored nowhere; raise `WrongScopes`."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise WrongScopes(", ".join(unknown))
    with transaction.atomic():
        key, clear = ApiKey.objects.issue(
            account, title=title, scopes=[scope for scope in SCOPES if scope in scopes], expires_at=expires_at
        )
        changes = audit.difference(None, key_values(key))
        audit.record(Action.KEY_ISSUED, account=account, about=key, by=by, changes=changes)
    return key, clear


def revoke_key(key: ApiKey, *, by: Principal) -> None:
    """Delete `key`: programs that use it are refused from now on."""
    with transaction.atomic():
        current = ApiKey.objects.select_for_update().filter(pk=key.pk).first()
        if current is None:
            return
        changes = audit.difference(key_values(current), None)
        audit.record(Action.KEY_REVOKED, account=key.account, about=current, by=by, changes=changes)
        current.delete()


def key_values(key: ApiKey) -> audit.Values:
    """Return what the audit says of a key: never the key itself, nor its digest."""
    return {"title": key.title, "prefix": key.prefix, "scopes": key.scopes, "expires_at": key.expires_at}

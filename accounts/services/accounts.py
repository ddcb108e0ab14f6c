"""Change the settings of an account, and delete it."""

from __future__ import annotations

from django.db import transaction

from accounts import audit
from accounts.models import Account
from accounts.principal import Principal
from accounts.services.actions import Action


def account_values(account: Account) -> audit.Values:
    """Return what the audit says of an account."""
    return {"name": account.name, "language": account.language}


def change_account(account: Account, *, name: str | None = None, language: str | None = None, by: Principal) -> Account:
    """Change the account's name or language (None: unchanged), and return it as it is now; only that is written."""
    with transaction.atomic():
        current = Account.objects.select_for_update().get(pk=account.pk)
        before = account_values(current)
        current.name, current.language = name or current.name, language or current.language
        changes = audit.difference(before, account_values(current))
        if changes:
            current.save(update_fields=list(changes))
            audit.record(Action.ACCOUNT_UPDATED, account=current, about=current, by=by, changes=changes)
    return current


def delete_account(account: Account, *, by: Principal) -> None:
    """Delete the account with everything that it owns but its audit."""
    with transaction.atomic():
        changes = audit.difference({"key": account.key, **account_values(account)}, None)
        audit.record(Action.ACCOUNT_DELETED, account=account, about=account, by=by, changes=changes)
        account.delete()

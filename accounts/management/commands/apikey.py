"""Print a new API key of an account."""

import argparse
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Account
from accounts.permissions import SCOPES
from accounts.principal import command
from accounts.services import api_keys


class Command(BaseCommand):
    help = "Print a new API key of an account; it is shown this once."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("account", help="the account as the API names it: organization:ville or user:alice")
        parser.add_argument("--scopes", nargs="+", required=True, metavar="SCOPE", help=f"of {', '.join(SCOPES)}")
        parser.add_argument("--title", default="manage.py apikey", help="what tells this key from the others")
        parser.add_argument("--days", type=int, help="for how many days it is valid; without it, for ever")

    def handle(self, *, account: str, scopes: list[str], title: str, days: int | None, **_options: Any) -> None:
        """Issue the key and print nothing but its clear text, so that a script can use it."""
        if days is not None and days < 1:
            raise CommandError("--days is at least 1.")
        expires_at = None if days is None else timezone.now() + timedelta(days=days)
        try:
            _key, clear = api_keys.issue_key(
                _find(account), title=title[:150], scopes=scopes, expires_at=expires_at, by=command("apikey")
            )
        except api_keys.WrongScopes as error:
            raise CommandError(f"Unknown scopes: {error}. Known are: {', '.join(SCOPES)}.") from error
        self.stdout.write(clear)


def _find(named: str) -> Account:
    """Return the account `kind:slug`; raise CommandError with some that exist."""
    kind, _sep, slug = named.partition(":")
    account = Account.objects.filter(kind=kind, slug=slug).first()
    if account is None:
        known = [account.key for account in Account.objects.order_by("kind", "slug")[:10]]
        raise CommandError(f"There is no account {named!r}. Some that there are: {', '.join(known) or 'none yet'}.")
    return account

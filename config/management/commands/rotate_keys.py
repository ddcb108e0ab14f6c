"""Seal every stored secret with the first key again, and say which keys nothing stored depends on any more."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Collection
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import ApiKey
from webhooks.encryption.fields import SealedField, sealed_fields
from webhooks.encryption.keys import SealingKey, key_ring
from webhooks.encryption.rotation import Tally, reseal_rows, tally

SHOWN = 20
"""How many rows of a kind are named."""


class Command(BaseCommand):
    """Print what each key opens, re-seal what another key than the first does, and print what is left."""

    help = (
        "Seal every stored secret again with the first of FIELD_KEYS (without them, with SECRET_KEY), and say which "
        "keys may be removed. It may run beside everything else, and be stopped and started again at any moment."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the option that changes nothing."""
        parser.add_argument("--dry-run", action="store_true", help="only count what each key opens")

    def handle(self, *, dry_run: bool, **_options: Any) -> None:
        """Do it; raise `CommandError` when a value cannot be opened, or was sealed with an old key meanwhile."""
        found = {column: tally(column) for column in sealed_fields()}
        for column, tallied in found.items():
            self._print_tally(column, tallied)
        self._print_api_keys()
        if not dry_run:
            for column, tallied in found.items():
                self._reseal(column, tallied)
            found = {column: tally(column) for column in found}
        self._print_verdicts(sum((tallied.by_key for tallied in found.values()), Counter()))
        unreadable = sum(len(tallied.unreadable) for tallied in found.values())
        if unreadable:
            raise CommandError(
                f"No key opens {unreadable} of the values: put the key that sealed them back into the settings and run "
                "this again, or enter those secrets again."
            )
        outdated = sum(len(tallied.outdated) for tallied in found.values())
        if outdated and not dry_run:
            raise CommandError(
                f"Meanwhile {outdated} values were sealed with another key than the first: restart every process with "
                "the new settings, then run this again."
            )

    def _print_tally(self, column: SealedField, tallied: Tally) -> None:
        counts = [f"{key.name} opens {tallied.by_key[key.name]}" for key in key_ring() if tallied.by_key[key.name]]
        if tallied.unreadable:
            counts.append(f"no key opens {len(tallied.unreadable)} ({_some(tallied.unreadable)})")
        self.stdout.write(f"{column}: {', '.join(counts) or 'nothing is stored'}.")

    def _print_api_keys(self) -> None:
        keyed = ApiKey.objects.with_keyed_digest().select_related("account")
        count = keyed.count()
        line = f"{ApiKey._meta.get_field('digest')}: {ApiKey.objects.count() - count} depend on no key"
        if count:
            names = [f"{key.title!r} of {key.account.key}" for key in keyed.order_by("pk")[:SHOWN]]
            line += f", {count} on SECRET_KEY or a fallback until they are next used ({_some(names, of=count)})"
        self.stdout.write(f"{line}.")

    def _reseal(self, column: SealedField, tallied: Tally) -> None:
        for done in reseal_rows(column, tallied.outdated):
            self.stdout.write(f"{column}: {done} of {len(tallied.outdated)} sealed again.")
            self.stdout.flush()

    def _print_verdicts(self, by_key: Counter[str]) -> None:
        """Say of every key but the first whether it is needed."""
        first, *others = key_ring()
        keyed = ApiKey.objects.with_keyed_digest().count()
        self.stdout.write(f"What is stored from now on is sealed with {first.name}.")
        for key in others:
            opens = by_key[key.name]
            reasons = [f"it opens {opens} values"] if opens else []
            if keyed and key.setting != "FIELD_KEYS":
                reasons.append(f"{keyed} API keys may depend on it")
            self.stdout.write(f"Keep {key.name}: {', '.join(reasons)}." if reasons else _free(key))


def _free(key: SealingKey) -> str:
    if key.setting == "SECRET_KEY":
        return "Nothing stored depends on SECRET_KEY: it may be changed, with the old one in SECRET_KEY_FALLBACKS."
    if key.setting == "SECRET_KEY_FALLBACKS":
        return f"Nothing stored depends on {key.name}: it may be removed; sessions of its time end then."
    return f"Nothing stored depends on {key.name}: it may be removed."


def _some(items: Collection[Any], *, of: int = 0) -> str:
    """Return the first of `items` in words, and how many more there are of all."""
    more = max(of, len(items)) - SHOWN
    return ", ".join(str(item) for item in list(items)[:SHOWN]) + (f" and {more} more" if more > 0 else "")

"""What two who edit a webhook at once may do: the fingerprint of what can be edited, and the merge of two edits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.preconditions import fingerprint
from webhooks import targets
from webhooks.errors import Conflict
from webhooks.models import Webhook
from webhooks.subscriptions.spec import COLUMNS, FIELDS, WebhookSpec

MEANWHILE = _("This webhook was changed or deleted in the meantime: look at it again.")

Check = Callable[[str], None]
"""Accepts an edition, or raises."""


def edition(webhook: Webhook) -> str:
    """Return the fingerprint of what can be edited of `webhook`: its spec, and whether it is enabled.

    Deliveries change its health and its statistics, not its edition; a 410, which disables it, does.
    """
    spec = WebhookSpec.of(webhook)
    return fingerprint([webhook.pk, *(getattr(spec, name) for name in FIELDS), webhook.enabled])


def edition_of_all(webhooks: Iterable[Webhook]) -> str:
    """Return the fingerprint of what can be edited of an account's webhooks."""
    return fingerprint([edition(webhook) for webhook in webhooks])


def locked(webhook: Webhook) -> Webhook:
    """Return `webhook` as it is now, locked until the transaction ends; raise DoesNotExist when it was deleted.

    The lock leaves the key alone: events that are fanned out to it do not wait.
    """
    return Webhook.objects.alive().select_for_update(no_key=True).get(pk=webhook.pk)


@contextmanager
def checked(webhook: Webhook, check: Check) -> Iterator[None]:
    """Lock `webhook` for what is done inside, all of it or nothing, once `check` has accepted its edition of now.

    Raise DoesNotExist when it was deleted, and what `check` raises.
    """
    with transaction.atomic():
        check(edition(locked(webhook)))
        yield


@contextmanager
def all_checked(account: Account, check: Check) -> Iterator[None]:
    """Do the same with all webhooks of `account`: none is created, changed or deleted by others meanwhile."""
    with transaction.atomic():
        lock_account(account)
        check(edition_of_all(Webhook.objects.of(account).select_for_update(no_key=True)))
        yield


def lock_account(account: Account) -> None:
    """Wait for whoever creates webhooks of `account`, and have them wait until the transaction ends."""
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)


def merge(mine: WebhookSpec, *, base: WebhookSpec, current: WebhookSpec) -> WebhookSpec:
    """Return `current` with what `mine` changes of `base`, which its editor has read.

    Raise `Conflict` when others have changed the same field to something else. The kind of a target makes one field of
    all its settings, and so do a secret and the address that it is sent to: nobody's secret goes where they did not
    mean it to go.
    """
    old, new, now = _parts(base), _parts(mine), _parts(current)
    by_me, by_others = _difference(old, new), _difference(old, now)
    agreed = {name for name in by_me & by_others if new.get(name) == now.get(name)}
    mine_only, others_only = by_me - agreed, by_others - agreed
    if mine_only & others_only or _belong_together(mine_only, others_only, mine.target_kind):
        raise Conflict("changed", MEANWHILE)
    parts = now | {name: new.get(name) for name in by_me}
    settings = {name: value for (group, name), value in parts.items() if group == "settings"}
    return WebhookSpec(**{name: parts["", name] for name in COLUMNS}, settings=settings)


Part = tuple[str, str]
"""A field of a spec, `("", name)`, or one of its settings, `("settings", name)`."""

KIND: Part = ("", "target_kind")


def _parts(spec: WebhookSpec) -> dict[Part, Any]:
    settings = {("settings", name): value for name, value in spec.settings.items()}
    return {("", name): getattr(spec, name) for name in COLUMNS} | settings


def _difference(one: dict[Part, Any], other: dict[Part, Any]) -> set[Part]:
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def _belong_together(one: set[Part], other: set[Part], kind: str) -> bool:
    """Return whether the two change, each in its own way, what has a meaning only as a whole."""
    of_target = [{part for part in parts if part == KIND or part[0] == "settings"} for parts in (one, other)]
    if not all(of_target):
        return False
    if KIND in one | other:
        return True
    try:
        target = targets.get(kind)
    except targets.UnknownTarget:
        return True
    ones, others = ({name for _group, name in parts} for parts in of_target)
    secret, address = target.secret_fields, target.address_fields
    return bool((ones & secret and others & address) or (others & secret and ones & address))

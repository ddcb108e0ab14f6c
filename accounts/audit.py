"""Record who changed what of an account: one entry for each act, in the transaction of the change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone

from accounts.models import Account, AuditEntry
from accounts.principal import Principal

Values = Mapping[str, object]
Pair = tuple[object, object]
Changes = Mapping[str, Pair]
"""Before and after of each field that changed."""

Actions = TypeVar("Actions", bound=type[models.TextChoices])

MAX_VALUE_CHARS = 1000
"""A longer value is cut: an entry says what was changed, it is no backup."""

EMPTY: tuple[object, ...] = (None, "", [], {}, ())

_actions: dict[str, models.TextChoices] = {}


def register(actions: Actions) -> Actions:
    """Add the actions of a room, such as `webhook.deleted`, with their labels."""
    _actions.update({str(action.value): action for action in actions})
    return actions


def all_actions() -> tuple[str, ...]:
    """Return the registered actions, in alphabetical order."""
    return tuple(sorted(_actions))


def label(action: str) -> str:
    """Return the label of an action in the active language; one that is no longer registered is its own."""
    return str(_actions[action].label) if action in _actions else action


def difference(before: Values | None, after: Values | None) -> dict[str, Pair]:
    """Return the fields in which two states of a thing differ; None: it does not exist."""
    old, new = before or {}, after or {}
    pairs = {name: (old.get(name), new.get(name)) for name in [*old, *(name for name in new if name not in old)]}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1] and not _both_empty(pair)}


def record(
    action: models.TextChoices, *, account: Account, about: models.Model, by: Principal, changes: Changes | None = None
) -> None:
    """Add an entry about `about`, which is still stored, to the audit of `account`.

    The secrets in `changes` are masked already. Raise TransactionManagementError outside of a transaction: an entry is
    kept if and only if its change is.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("An entry of the audit belongs to the transaction of its change.")
    AuditEntry.objects.create(
        account_id=account.pk,
        account_key=account.key,
        actor_kind=by.kind,
        actor_id=by.id[:40],
        actor_name=by.name[:150],
        address=by.address[:45],
        action=action,
        object_type=about._meta.model_name or "",
        object_id=str(about.pk),
        object_title=str(about)[:300],
        changes={name: [_bounded(before), _bounded(after)] for name, (before, after) in (changes or {}).items()},
    )


def purge(*, limit: int) -> int:
    """Delete at most `limit` entries that are older than AUDIT_DAYS; return how many."""
    return AuditEntry.objects.purge(before=timezone.now() - timedelta(days=settings.AUDIT_DAYS), limit=limit)


def _both_empty(pair: Pair) -> bool:
    return pair[0] in EMPTY and pair[1] in EMPTY


def _bounded(value: object) -> object:
    """Return `value` as it is, or cut with its length when it is long."""
    text = value if isinstance(value, str) else json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    return value if len(text) <= MAX_VALUE_CHARS else f"{text[:MAX_VALUE_CHARS]}… ({len(text)})"

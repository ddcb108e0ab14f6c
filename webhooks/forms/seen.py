"""What a person saw when they opened the dialog of a webhook: what they left alone stays as others have made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core import signing
from django.http import QueryDict

from accounts.preconditions import fingerprint
from webhooks import targets
from webhooks.models import Webhook
from webhooks.subscriptions.spec import WebhookSpec
from webhooks.types import Json

INPUT = "seen"
"""The hidden input of the page, signed by us."""

SECRETS = "secrets"
"""What stands in it for the secret settings, which no page holds."""

Fields = Mapping[str, tuple[forms.Field, Any]]
"""The fields of all forms of the dialog and the values that they show, by the names of their inputs."""


class Outdated(Exception):
    """Somebody else has changed the same, or what was seen cannot be told any more."""


class Seen:
    """The values that the dialog of `webhook` shows now, and how they differ from those that a person saw."""

    def __init__(self, webhook: Webhook, fields: Fields) -> None:
        self.fields = fields
        self.spec = WebhookSpec.of(webhook)
        self.salt = f"webhooks.forms.seen.{webhook.pk}"
        self.values: Json = {name: list(v) if isinstance(v, tuple) else v for name, (_field, v) in fields.items()}
        secrets = self._target.secret_fields if self._target else frozenset()
        self.values[SECRETS] = fingerprint([self.spec.settings.get(name) for name in sorted(secrets)])

    def __str__(self) -> str:
        return signing.dumps(self.values, salt=self.salt, compress=True)

    def rebase(self, posted: QueryDict) -> QueryDict:
        """Return what was posted as if the dialog had been opened now: what the person left alone is as it is now.

        Raise `Outdated` when others have changed since what the person has changed as well.
        """
        try:
            seen: Json = signing.loads(str(posted[INPUT]), salt=self.salt)
        except signing.BadSignature:
            raise Outdated from None
        by_me = {name for name in self.fields if self._is_changed(name, seen.get(name), posted)}
        by_others = {name for name in {*self.values, *seen} if self.values.get(name) != seen.get(name)}
        for group in self._groups(by_me | by_others):
            mine, theirs = by_me & group, by_others & group
            if mine and theirs and any(self._is_changed(n, self.values.get(n), posted) for n in group & {*self.fields}):
                raise Outdated
        rebased = posted.copy()
        for name in self.fields.keys() - by_me:
            value = self.values[name]
            rebased.setlist(name, value if isinstance(value, list) else ["" if value is None else str(value)])
        rebased[INPUT] = str(self)
        return rebased

    @property
    def _target(self) -> targets.Target | None:
        try:
            return targets.get(self.spec.target_kind)
        except targets.UnknownTarget:
            return None

    def _is_changed(self, name: str, value: object, posted: QueryDict) -> bool:
        """Return whether the input `name` holds something else than `value`."""
        field = self.fields[name][0]
        return field.has_changed(value, field.widget.value_from_datadict(posted, {}, name))

    def _groups(self, changed: set[str]) -> list[set[str]]:
        """Return the sets of inputs that two people cannot change at once: see `editions.merge`."""
        of_target = {name for name in self.fields if "-" in name} | {SECRETS, "target_kind"}
        if "target_kind" not in changed and self._target:
            bound = self._target.secret_fields | self._target.address_fields
            of_target = {SECRETS, *(f"{self.spec.target_kind}-{name}" for name in bound)}
        return [{"scope", "resources"}, of_target, *({name} for name in changed)]

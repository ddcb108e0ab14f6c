"""What a webhook should be: the one description that form, API, admin, audit log and test fixtures are made from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any

from webhooks import targets
from webhooks.encryption import seal
from webhooks.events import registry
from webhooks.models import Webhook
from webhooks.types import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSpec:
    """Everything about a webhook that its administrators choose; `resources` restricts to these, empty means all.

    Each field is a column of `Webhook` of the same name, but `settings`, which holds the target's own settings with
    the secrets among them in clear. A field's metadata says what the API calls it (`api`, by default its name) and
    tells its readers (`help`). Settings without a value are left out, so that specs of the same webhook are equal.
    """

    title: str
    description: str = field(default="", metadata={"help": "At most 500 characters, on as many lines as it takes"})
    event_types: tuple[str, ...] = field(metadata={"api": "events"})
    resources: tuple[str, ...] = field(default=(), metadata={"help": "Such as `dataset:cities`; empty means all"})
    target_kind: str = field(metadata={"api": "target.type"})
    settings: Json = field(metadata={"api": "target.params"})

    def __post_init__(self) -> None:
        given = {name: value for name, value in self.settings.items() if value not in ("", [], None)}
        object.__setattr__(self, "settings", given)

    @classmethod
    def of(cls, webhook: Webhook) -> WebhookSpec:
        """Return the spec of `webhook` as it is, as far as its settings can be decrypted."""
        values: Json = {name: getattr(webhook, name) for name in COLUMNS}
        values |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**values, settings=webhook.readable_settings)

    def ordered(self) -> WebhookSpec:
        """Return the spec with each event type once, by our key, in the registry's order; raise `UnknownEventType`."""
        asked = {registry.get(key).key for key in self.event_types}
        return replace(self, event_types=tuple(one.key for one in registry.all_types() if one.key in asked))

    def changes_from(self, other: WebhookSpec) -> list[str]:
        """Return the names of the fields in which the two differ."""
        return [name for name in FIELDS if getattr(self, name) != getattr(other, name)]

    def columns(self, names: Collection[str] | None = None) -> Json:
        """Return the columns of `Webhook` that hold the fields `names` (all by default), the secret settings sealed."""
        wanted = set(FIELDS if names is None else names)
        values = {name: getattr(self, name) for name in COLUMNS if name in wanted}
        columns = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
        if wanted & {"settings", "target_kind"}:  # the kind says which settings are secret
            secret_names = targets.get(self.target_kind).secret_fields
            secrets = {name: value for name, value in self.settings.items() if name in secret_names}
            columns["config"] = {name: value for name, value in self.settings.items() if name not in secret_names}
            columns["sealed"] = seal(secrets) if secrets else ""
        return columns


FIELDS: dict[str, Field[Any]] = {one.name: one for one in fields(WebhookSpec)}

COLUMNS = tuple(name for name in FIELDS if name != "settings")
"""The fields that are columns of `Webhook`."""


def api_path(name: str) -> str:
    """Return where a field of the spec stands in the API's JSON, such as `target.type`."""
    return str(FIELDS[name].metadata.get("api", name))

"""A webhook as JSON: Data Fair's `{title, events, target}`, with our id, state and switch beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Account
from webhooks import targets
from webhooks.events import registry
from webhooks.forms import Scope, WebhookForm
from webhooks.models import Webhook
from webhooks.subscriptions.services import Wish, readable_settings

Json = dict[str, Any]  # Any: JSON
Errors = dict[str, list[str]]

WRITABLE = frozenset({"id", "title", "events", "target", "enabled", "resources"})
SHOWN_ONLY = frozenset(
    {"state", "disabledReason", "disabledAt", "restingUntil", "failingSince", "createdAt", "updatedAt", "notice"}
)
"""What we write and take back without reading it, so that a client can return what it got."""

FIELDS = {"title": "title", "event_types": "events", "target_kind": "target.type", "resources": "resources"}
"""Where in the JSON each field of the form stands."""


class Invalid(Exception):
    """The JSON of a webhook is not valid: `errors` by path within it."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Item:
    """What the JSON of a webhook asks for; `enabled` is None when it does not say."""

    wish: Wish
    enabled: bool | None = None


def shown(webhook: Webhook) -> Json:
    """Give what the settings hold of a webhook; secrets are masked."""
    item = {
        "id": str(webhook.pk),
        "title": webhook.title,
        "events": [_data_fair_key(key) for key in webhook.event_types],
        "target": _shown_target(webhook),
        "enabled": webhook.enabled,
        "state": str(webhook.state),
    }
    return item | ({"resources": webhook.resources} if webhook.resources else {})


def shown_whole(webhook: Webhook) -> Json:
    """Give all that the API tells of a webhook."""
    return shown(webhook) | {
        "resources": webhook.resources,
        "disabledReason": webhook.disabled_reason or None,
        "disabledAt": webhook.disabled_at,
        "restingUntil": webhook.resting_until if webhook.state == Webhook.State.RESTING else None,
        "failingSince": webhook.failing_since,
        "createdAt": webhook.created_at,
        "updatedAt": webhook.updated_at,
        "notice": _notice(webhook) or None,
    }


def read(data: object, *, account: Account, stored: Webhook | None = None) -> Item:
    """Read the JSON of a webhook; raise `Invalid`. Masked secrets are those of `stored`."""
    if not isinstance(data, Mapping):
        raise Invalid({"": [_("This must be an object.")]})
    errors = _shape_errors(data)
    if errors:
        raise Invalid(errors)
    form = WebhookForm(_form_data(data), account=account, webhook=stored)
    if not form.is_valid():
        raise Invalid(_form_errors(form))
    return Item(wish=form.wish(), enabled=data.get("enabled"))


def merged(webhook: Webhook, patch: Mapping[str, Any]) -> Json:  # Any: JSON
    """Give the whole JSON that a PATCH of `webhook` asks for: its keys replace those that are there."""
    return {**shown(webhook), **patch}


def _data_fair_key(key: str) -> str:
    """Give Data Fair's key; a type that is registered no more keeps ours."""
    try:
        return registry.get(key).data_fair_key
    except registry.UnknownEventType:
        return key


def _shown_target(webhook: Webhook) -> Json:
    """Give Data Fair's target; one of a kind that exists no more is only named."""
    try:
        target = targets.get(webhook.target_kind)
    except targets.UnknownTarget:
        return {"type": webhook.target_kind, "params": {}}
    return {"type": target.data_fair_type, "params": target.to_params(readable_settings(webhook))}


def _notice(webhook: Webhook) -> str:
    try:
        return targets.get(webhook.target_kind).notice(readable_settings(webhook))
    except targets.UnknownTarget:
        return ""


def _shape_errors(data: Mapping[str, Any]) -> Errors:  # Any: JSON
    """Say what is of the wrong type, unknown or missing, before the form looks at it."""
    errors: Errors = {
        str(key): [_("This property is unknown.")] for key in data if key not in WRITABLE and key not in SHOWN_ONLY
    }
    if "title" in data and not isinstance(data["title"], str):
        errors["title"] = [_("This must be a text.")]
    for key in ("events", "resources"):
        if key in data and not _is_list_of_texts(data[key]):
            errors[key] = [_("This must be a list of texts.")]
    if not isinstance(data.get("enabled", True), bool):
        errors["enabled"] = [_("This must be true or false.")]
    target = data.get("target")
    if not isinstance(target, Mapping):
        errors["target"] = [_("This must be an object.") if "target" in data else _("This is required.")]
    elif not isinstance(target.get("params", {}), Mapping):
        errors["target.params"] = [_("This must be an object.")]
    elif not isinstance(target.get("type", ""), str):
        errors["target.type"] = [_("This must be a text.")]
    return errors


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _form_data(data: Mapping[str, Any]) -> Json:  # Any: JSON
    kind, params = _target_of(data)
    return {
        "title": data.get("title", ""),
        "event_types": [_our_key(key) for key in data.get("events", [])],
        "target_kind": kind,
        "scope": Scope.CHOSEN if data.get("resources") else Scope.ALL,
        "resources": data.get("resources", []),
        **{f"{kind}-{field}": value for field, value in params.items()},
    }


def _target_of(data: Mapping[str, Any]) -> tuple[str, Json]:  # Any: JSON
    target = data["target"]
    try:
        found = targets.get(target.get("type", ""))
    except targets.UnknownTarget:
        return str(target.get("type", "")), {}
    return found.kind, found.from_params(target.get("params", {}))


def _our_key(key: str) -> str:
    try:
        return registry.get(key).key
    except registry.UnknownEventType:
        return key


def _form_errors(form: WebhookForm) -> Errors:
    errors = {FIELDS.get(field, field): list(map(str, found)) for field, found in form.errors.items()}
    if form.target_form is not None:
        names = targets.get(form.chosen_kind).param_names
        for field, found in form.target_form.errors.items():
            errors[f"target.params.{names.get(field, field)}"] = list(map(str, found))
    return errors

"""A webhook as JSON: Data Fair's `{title, events, target}`, with our own properties beside them."""

from __future__ import annotations

from dataclasses import MISSING
from datetime import datetime
from functools import cache
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from webhooks import targets
from webhooks.api.addresses import find_target, masked
from webhooks.api.fields import (
    OBJECT_EXPECTED,
    Errors,
    EventTypesField,
    IdField,
    ObjectField,
    SwitchField,
    TextField,
    TextsField,
    by_path,
)
from webhooks.api.serializers import Moment
from webhooks.forms.webhook import Scope, WebhookForm
from webhooks.models import Webhook
from webhooks.subscriptions import editions, services
from webhooks.subscriptions.spec import COLUMNS, FIELDS, WebhookSpec, api_path
from webhooks.types import Json

UNKNOWN = _("This property is unknown.")

FIELD_TYPES: dict[str, type[TextField | TextsField]] = {"str": TextField, "tuple[str, ...]": TextsField}
"""The serializer fields of the fields of `WebhookSpec`, by the type that is written there."""


class TargetSerializer(serializers.Serializer[Webhook]):
    """`http` with `url[, format, headers]`, `ga` with `trackingId, appName, appVersion[, apiSecret, region]`."""

    default_error_messages = {"invalid": OBJECT_EXPECTED, "null": OBJECT_EXPECTED, "required": _("This is required.")}

    type = TextField(source="target_kind")
    params = ObjectField(source="settings")

    def to_representation(self, instance: Webhook) -> Json:
        """Return Data Fair's type and params, secrets masked; of a kind that is not registered the type alone.

        The tokens of addresses are masked as well, unless the context `shows_addresses`: to who may change them.
        """
        target = find_target(instance.target_kind)
        if target is None:
            return {"type": instance.target_kind, "params": {}}
        params = target.to_params(instance.readable_settings)
        if not self.context.get("shows_addresses"):
            params = masked(target, params)
        return {"type": target.data_fair_type, "params": params}


class WebhookSerializer(serializers.Serializer[Webhook]):
    """Data Fair's webhook, with our identity, switch and state beside it."""

    # The line above is part of the API's documentation. The fields check types; values are validated by the form of
    # the dialog, which needs the `account` in the context. Errors are by path, such as `target.params.url`.

    default_error_messages = {"invalid": OBJECT_EXPECTED, "null": OBJECT_EXPECTED}

    id = IdField(source="pk", required=False)
    events = EventTypesField(source="event_types", help_text="Event types, by our key or Data Fair's")
    target = TargetSerializer(source="*")
    enabled = SwitchField(required=False)
    state = serializers.ChoiceField(Webhook.State.values, read_only=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the fields of `WebhookSpec` that are not declared above, under their names in the API."""
        declared = super().get_fields()
        derived = {api_path(name): _derived_field(name) for name in FIELDS if _property(name) not in declared}
        return {"id": declared.pop("id"), **derived, **declared}

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Raise the errors by path."""
        try:
            return super().run_validation(data)
        except ValidationError as error:
            raise ValidationError(by_path(error.detail)) from None

    def to_internal_value(self, data: Any) -> Any:
        """Refuse properties that no answer of ours holds; the read-only ones are accepted without being read."""
        known = _known_properties()
        errors = {key: [UNKNOWN] for key in data if key not in known} if isinstance(data, dict) else {}
        try:
            read = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError(errors | cast("Json", error.detail)) from None
        if errors:
            raise ValidationError(errors)
        return read

    def validate(self, attrs: Json) -> Json:
        """Validate as the dialog does, and return the spec of the webhook."""
        form = WebhookForm(_form_data(attrs), account=self.context["account"], webhook=self.instance)
        errors = _unknown_params(attrs) | ({} if form.is_valid() else _form_errors(form))
        if errors:
            raise ValidationError(errors)
        return {"spec": form.spec(), "enabled": attrs.get("enabled")}

    @property
    def spec(self) -> WebhookSpec:
        """What the webhook should be, once the data are valid."""
        return cast("WebhookSpec", self.validated_data["spec"])

    def create(self, validated_data: Json) -> Webhook:
        """Create the webhook, disabled when the data say so."""
        enabled = validated_data["enabled"] is not False
        account, by = self.context["account"], validated_data["by"]
        return services.create_webhook(account, spec=self.spec, by=by, enabled=enabled)

    def update(self, instance: Webhook, validated_data: Json) -> Webhook:
        """Change what the data change of the webhook as it was read: its spec, and whether it is enabled."""
        enabled, by = validated_data["enabled"], validated_data["by"]
        with transaction.atomic():
            current = editions.locked(services.edit_webhook(instance, spec=self.spec, by=by))
            if enabled not in {None, instance.enabled, current.enabled}:
                act = services.enable_webhook if enabled else services.disable_webhook
                act(current, by=by)
        return current

    def to_representation(self, instance: Webhook) -> Json:
        """Leave out the optional properties that say nothing, which Data Fair's documents do not have."""
        return {key: value for key, value in super().to_representation(instance).items() if value not in ("", [])}


class WholeWebhookSerializer(WebhookSerializer):
    """A webhook with its health."""

    disabledReason = serializers.SerializerMethodField(method_name="disabled_reason")
    disabledAt = Moment(source="disabled_at", read_only=True, allow_null=True)
    restingUntil = serializers.SerializerMethodField(method_name="resting_until")
    failingSince = Moment(source="failing_since", read_only=True, allow_null=True)
    createdAt = Moment(source="created_at", read_only=True)
    updatedAt = Moment(source="updated_at", read_only=True)
    notice = serializers.SerializerMethodField()

    def disabled_reason(self, webhook: Webhook) -> str | None:
        """Why it is disabled: `user`, `gone` or `failing`."""
        return webhook.disabled_reason or None

    def resting_until(self, webhook: Webhook) -> datetime | None:
        """While it rests, when it is tried again."""
        return webhook.resting_until if webhook.state == Webhook.State.RESTING else None

    def get_notice(self, webhook: Webhook) -> str | None:
        """The target's warning about the settings."""
        target = find_target(webhook.target_kind)
        return (target and target.notice(webhook.readable_settings)) or None

    def to_representation(self, instance: Webhook) -> Json:
        """Return every property."""
        return super(WebhookSerializer, self).to_representation(instance)


class NewWebhookSerializer(WholeWebhookSerializer):
    """A webhook just created, with its signing secret."""

    secret = serializers.SerializerMethodField()

    def get_secret(self, webhook: Webhook) -> str:
        """`whsec_…`, to verify signatures with."""
        return webhook.secrets.get(valid_until__isnull=True).reveal()


class WebhookListSerializer(serializers.Serializer[Any]):
    """All webhooks of an account."""

    count = serializers.IntegerField()
    results = WholeWebhookSerializer(many=True)


def _property(name: str) -> str:
    """Return the property of the JSON in which a field of the spec stands."""
    return api_path(name).split(".", 1)[0]


def _derived_field(name: str) -> TextField | TextsField:
    field = FIELDS[name]
    return FIELD_TYPES[str(field.type)](
        source=None if api_path(name) == name else name,
        required=field.default is MISSING,
        help_text=field.metadata.get("help"),
    )


@cache
def _known_properties() -> frozenset[str]:
    """Return the properties of the answers, all of which may be sent back."""
    return frozenset(NewWebhookSerializer().fields)


def _form_data(attrs: Json) -> Json:
    """Return what the dialog would post for the validated JSON."""
    target = find_target(attrs["target_kind"])
    kind = target.kind if target else attrs["target_kind"]
    params = target.from_params(attrs["settings"]) if target else {}
    values = {name: attrs.get(name, FIELDS[name].default) for name in COLUMNS}
    scope = Scope.CHOSEN if values["resources"] else Scope.ALL
    typed = {f"{kind}-{name}": value for name, value in params.items()}
    return {**values, "target_kind": kind, "scope": scope, **typed}


def _unknown_params(attrs: Json) -> Errors:
    target = find_target(attrs["target_kind"])
    if target is None:
        return {}
    known = {target.param_names.get(name, name) for name in target.form.base_fields}
    return {f"target.params.{key}": [str(UNKNOWN)] for key in attrs["settings"] if key not in known}


def _form_errors(form: WebhookForm) -> Errors:
    """Return the form's errors under the paths of the API."""
    errors = {api_path(name) if name in FIELDS else name: list(map(str, found)) for name, found in form.errors.items()}
    if form.target_form is not None:
        names = targets.get(form.chosen_kind).param_names
        for name, found in form.target_form.errors.items():
            errors[f"target.params.{names.get(name, name)}"] = list(map(str, found))
    return errors

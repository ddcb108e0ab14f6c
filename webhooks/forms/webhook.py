"""The form that creates and edits a webhook: what `WebhookSpec` describes, with the target's own form inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, cast

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.principal import Principal
from webhooks import targets
from webhooks.events import registry
from webhooks.forms import seen
from webhooks.forms.seen import Fields, Outdated, Seen
from webhooks.models import Event, Webhook
from webhooks.subscriptions import editions
from webhooks.subscriptions.services import create_webhook, edit_webhook
from webhooks.subscriptions.spec import COLUMNS, FIELDS, WebhookSpec
from webhooks.targets.form import TargetForm
from webhooks.types import Json

MAX_RECENT_EVENTS = 500
"""The resources to choose from are those of so many latest events."""

MAX_RESOURCE_CHARS = 200


class Scope(StrEnum):
    """Which resources a webhook is about."""

    ALL = "all"
    CHOSEN = "chosen"


SCOPES = [(str(Scope.ALL), _("All resources")), (str(Scope.CHOSEN), _("Chosen resources only"))]


def _target_choices() -> list[tuple[str, str]]:
    return [(target.kind, str(target.label)) for target in targets.all_targets()]


class ResourcesField(forms.MultipleChoiceField):
    """Resources such as `dataset:cities`: the choices are those of recent events, any other is accepted as well."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: str) -> bool:
        """Accept any resource of a known kind, even one that does not exist yet."""
        category, _colon, name = value.partition(":")
        return 0 < len(name) <= MAX_RESOURCE_CHARS and name.isprintable() and category in _categories()


class LinesField(forms.CharField):
    """A text of several lines, whose length is counted as browsers do: a line break is one character."""

    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: Any) -> str | None:
        """Replace the line breaks of forms, CR LF, by LF."""
        text = super().to_python(value)
        return text and text.replace("\r\n", "\n").replace("\r", "\n")


class WebhookForm(forms.Form):
    """Create a webhook of `account`, or edit `webhook`; the fields of `WebhookSpec` go by its names.

    The fields of each kind of target stand in `target_forms` under the prefix of its kind (`http-url`), so that a page
    can hold them all and show those of the chosen kind; only these are validated.
    """

    title = forms.CharField(label=_("Title"), max_length=200)
    description = LinesField(label=_("Description"), required=False, max_length=500)
    event_types = forms.MultipleChoiceField(
        label=_("Triggering events"), choices=registry.choices, widget=forms.CheckboxSelectMultiple
    )
    scope = forms.ChoiceField(
        label=_("Resources"), choices=SCOPES, required=False, widget=forms.RadioSelect, initial=Scope.ALL
    )
    resources = ResourcesField(label=_("Chosen resources"), required=False)
    target_kind = forms.ChoiceField(label=_("Target type"), choices=_target_choices, widget=forms.RadioSelect)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        account: Account,
        webhook: Webhook | None = None,
    ) -> None:
        self.account = account
        self.webhook = webhook
        self.stored = WebhookSpec.of(webhook) if webhook else None
        self.seen = Seen(webhook, _shown(self.stored)) if webhook and self.stored else None
        self.is_outdated = False
        if self.seen and isinstance(data, QueryDict) and seen.INPUT in data:
            try:
                data = self.seen.rebase(data)
            except Outdated:
                self.is_outdated = True
        super().__init__(data, initial=_initial(self.stored))
        self.fields["scope"].required = data is None or "scope" in data
        cast("ResourcesField", self.fields["resources"]).choices = lambda: _resource_choices(account, webhook)
        self.target_forms: dict[str, TargetForm] = {
            target.kind: target.form(
                data if target.kind == self.chosen_kind else None,
                stored=self.stored.settings if self.stored and target.kind == self.stored.target_kind else None,
                prefix=target.kind,
            )
            for target in targets.all_targets()
        }

    @property
    def seen_input(self) -> str:
        """The value of the hidden input `seen`: once somebody else has changed the same, what was seen before that."""
        return self.data[seen.INPUT] if self.is_outdated else str(self.seen)

    @property
    def plain_fields(self) -> list[BoundField]:
        """The fields that the dialog shows one below the other, before those that depend on a choice."""
        return [self[name] for name in self.fields if name not in {"scope", "resources", "target_kind"}]

    @property
    def chosen_kind(self) -> str:
        """The kind of target that is chosen: the one posted; unbound, the stored one, or else the first."""
        return str(self.data.get("target_kind", "") if self.is_bound else self.initial["target_kind"])

    @property
    def target_form(self) -> TargetForm | None:
        """The form of the chosen kind; None when there is no such kind."""
        return self.target_forms.get(self.chosen_kind)

    @property
    def notice(self) -> str:
        """The chosen target's warning about the settings that are typed, or else stored."""
        if self.target_form is None:
            return ""
        typed = self.target_form.is_bound and self.target_form.is_valid()
        settings = self.target_form.cleaned_data if typed else self.target_form.stored
        return targets.get(self.chosen_kind).notice(settings)

    def is_valid(self) -> bool:
        """Validate these fields and those of the chosen target, so that all errors show at once."""
        own = super().is_valid()
        return (self.target_form is None or self.target_form.is_valid()) and own

    def clean(self) -> None:
        """Require a resource where some are to be chosen; without a scope keep those that are stored.

        Refuse what was typed over something that somebody else has changed since.
        """
        if self.is_outdated:
            self.add_error(None, editions.MEANWHILE)
        scope = self.cleaned_data.get("scope")
        if scope == Scope.CHOSEN and not self.cleaned_data.get("resources") and "resources" not in self.errors:
            self.add_error("resources", _("Choose at least one resource."))
        elif scope == Scope.ALL:
            self.cleaned_data["resources"] = []
        elif not scope:
            self.cleaned_data["resources"] = self.stored.resources if self.stored else ()

    def spec(self) -> WebhookSpec:
        """Return the spec of the webhook, once the form is valid."""
        values = {name: value for name, value in self.cleaned_data.items() if name in FIELDS}
        for name in ("event_types", "resources"):
            values[name] = tuple(dict.fromkeys(values[name]))
        values["settings"] = cast("TargetForm", self.target_form).cleaned_data
        return (replace(self.stored, **values) if self.stored else WebhookSpec(**values)).ordered()

    def save(self, *, by: Principal) -> Webhook:
        """Create or edit the webhook; raise `Conflict` as the services do."""
        if self.webhook is None:
            return create_webhook(self.account, spec=self.spec(), by=by)
        return edit_webhook(self.webhook, spec=self.spec(), by=by)


def _initial(stored: WebhookSpec | None) -> Json:
    if stored is None:
        return {"target_kind": targets.all_targets()[0].kind, "scope": Scope.ALL}
    initial = {name: getattr(stored, name) for name in COLUMNS}
    return initial | {"scope": Scope.CHOSEN if stored.resources else Scope.ALL}


def _shown(stored: WebhookSpec) -> Fields:
    """Return the fields of the dialog of a stored webhook, those of every kind of target included, and their values."""
    own = {name: (field, _initial(stored).get(name)) for name, field in WebhookForm.base_fields.items()}
    for target in targets.all_targets():
        form = target.form(stored=stored.settings if target.kind == stored.target_kind else None, prefix=target.kind)
        fields = {form.add_prefix(name): (f, form.get_initial_for_field(f, name)) for name, f in form.fields.items()}
        own |= fields
    return own


def _resource_choices(account: Account, webhook: Webhook | None) -> list[tuple[str, str]]:
    """Return the resources of recent events under their latest titles, and those that are chosen already."""
    recent = Event.objects.of(account).values_list("resource_type", "resource_id", "resource_title")
    choices = {f"{category}:{name}": title or name for category, name, title in reversed(recent[:MAX_RECENT_EVENTS])}
    chosen = {name: name for name in (webhook.resources if webhook else [])}
    return sorted((chosen | choices).items(), key=lambda choice: choice[1].casefold())


def _categories() -> set[str]:
    return {event_type.category for event_type in registry.all_types()}

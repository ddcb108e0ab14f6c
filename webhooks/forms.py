"""The dialog that creates and edits a webhook: its title, its events, its target and the target's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.principal import Principal
from webhooks import targets
from webhooks.events import registry
from webhooks.models import Event, Webhook
from webhooks.subscriptions.services import Wish, create_webhook, edit_webhook, in_order, readable_settings
from webhooks.targets.form import TargetForm

LATELY = 500
"""Events among which the resources to choose from are looked for."""

MAX_RESOURCE_CHARS = 200


class Scope(StrEnum):
    """Which resources a webhook is about."""

    ALL = "all"
    CHOSEN = "chosen"


SCOPES = [(str(Scope.ALL), _("All resources")), (str(Scope.CHOSEN), _("Chosen resources only"))]


def _event_choices() -> list[tuple[str, str]]:
    return [(event_type.key, str(event_type.label)) for event_type in registry.all_types()]


def _target_choices() -> list[tuple[str, str]]:
    return [(target.kind, str(target.label)) for target in targets.all_targets()]


class ResourcesField(forms.MultipleChoiceField):
    """Take `dataset:cities`; the choices are those that something happened to lately, others are as good."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: str) -> bool:
        """Take any resource of a known kind, one that does not exist yet included."""
        category, _colon, name = value.partition(":")
        return 0 < len(name) <= MAX_RESOURCE_CHARS and name.isprintable() and category in _categories()


class WebhookForm(forms.Form):
    """Bind a webhook of `account`: a new one, or `webhook` as it is stored.

    The fields of each kind of target stand in `target_forms` under the prefix of its kind (`http-url`), so that a page
    can show them all and let the choice uncover one; only those of the chosen kind are validated.
    """

    title = forms.CharField(label=_("Title"), max_length=200)
    event_types = forms.MultipleChoiceField(
        label=_("Triggering events"), choices=_event_choices, widget=forms.CheckboxSelectMultiple
    )
    scope = forms.ChoiceField(
        label=_("Resources"), choices=SCOPES, required=False, widget=forms.RadioSelect, initial=Scope.ALL
    )
    resources = ResourcesField(label=_("Chosen resources"), required=False)
    target_kind = forms.ChoiceField(label=_("Target type"), choices=_target_choices, widget=forms.RadioSelect)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,  # Any: a form's data
        *,
        account: Account,
        webhook: Webhook | None = None,
    ) -> None:
        self.account = account
        self.webhook = webhook
        super().__init__(data, initial=_initial(webhook))
        self.fields["scope"].required = data is None or "scope" in data
        field = self.fields["resources"]
        assert isinstance(field, ResourcesField)  # noqa: S101 -- narrows the type
        field.choices = lambda: _resource_choices(account, webhook)
        self.target_forms: dict[str, TargetForm] = {
            target.kind: target.form(
                data if self.chosen_kind == target.kind else None,
                stored=readable_settings(webhook)
                if webhook is not None and webhook.target_kind == target.kind
                else None,
                prefix=target.kind,
            )
            for target in targets.all_targets()
        }

    @property
    def chosen_kind(self) -> str:
        """Name the kind of target that is chosen: the one posted; unbound, the stored one, else the first."""
        return str(self.data.get("target_kind", "") if self.is_bound else self.initial["target_kind"])

    @property
    def target_form(self) -> TargetForm | None:
        """Give the form of the chosen kind; None when there is no such kind."""
        return self.target_forms.get(self.chosen_kind)

    @property
    def notice(self) -> str:
        """Give the chosen target's warning about what is typed, or about what is stored."""
        if self.target_form is None:
            return ""
        typed = self.target_form.is_bound and self.target_form.is_valid()
        settings = self.target_form.cleaned_data if typed else self.target_form.stored
        return targets.get(self.chosen_kind).notice(settings)

    def is_valid(self) -> bool:
        """Check the fields above and those of the chosen target, so that all errors show at once."""
        own = super().is_valid()
        return (self.target_form is None or self.target_form.is_valid()) and own

    def clean(self) -> None:
        """Ask for a resource where some are to be chosen; without a scope the stored ones stay."""
        scope = self.cleaned_data.get("scope")
        if scope == Scope.CHOSEN and not self.cleaned_data.get("resources") and "resources" not in self.errors:
            self.add_error("resources", _("Choose at least one resource."))
        elif scope == Scope.ALL:
            self.cleaned_data["resources"] = []
        elif not scope:
            self.cleaned_data["resources"] = self.webhook.resources if self.webhook else []

    def wish(self) -> Wish:
        """Give what the form asks for; only once it is valid."""
        assert self.target_form is not None  # noqa: S101 -- narrows the type: is_valid() knows the kind
        return Wish(
            title=self.cleaned_data["title"],
            event_types=tuple(in_order(self.cleaned_data["event_types"])),
            target_kind=self.cleaned_data["target_kind"],
            settings=self.target_form.cleaned_data,
            resources=tuple(dict.fromkeys(self.cleaned_data["resources"])),
        )

    def save(self, *, by: Principal) -> Webhook:
        """Create or edit the webhook; raise `Conflict` as the verbs do."""
        if self.webhook is None:
            return create_webhook(self.account, wish=self.wish(), by=by)
        return edit_webhook(self.webhook, wish=self.wish(), by=by)


def _initial(webhook: Webhook | None) -> dict[str, Any]:  # Any: values of the fields
    if webhook is None:
        return {"target_kind": targets.all_targets()[0].kind, "scope": Scope.ALL}
    return {
        "title": webhook.title,
        "event_types": webhook.event_types,
        "scope": Scope.CHOSEN if webhook.resources else Scope.ALL,
        "resources": webhook.resources,
        "target_kind": webhook.target_kind,
    }


def _stored(webhook: Webhook | None, kind: str) -> dict[str, Any] | None:  # Any: the target's own settings
    return readable_settings(webhook) if webhook is not None and webhook.target_kind == kind else None


def _resource_choices(account: Account, webhook: Webhook | None) -> list[tuple[str, str]]:
    """Give the resources that something happened to lately, and those that are chosen already."""
    lately = Event.objects.of(account).values_list("resource_type", "resource_id", "resource_title")[:LATELY]
    choices = {f"{category}:{name}": title or name for category, name, title in reversed(lately)}
    chosen = {name: name for name in (webhook.resources if webhook else [])}
    return sorted((chosen | choices).items(), key=lambda choice: choice[1].casefold())


def _categories() -> set[str]:
    return {event_type.category for event_type in registry.all_types()}

"""The dialog that creates and edits a webhook: its title, its events, its target and the target's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.principal import Principal
from webhooks import registry, targets
from webhooks.administer import Wish, create_webhook, edit_webhook
from webhooks.models import Webhook
from webhooks.targets.form import TargetForm


def _event_choices() -> list[tuple[str, str]]:
    return [(event_type.key, str(event_type.label)) for event_type in registry.all_types()]


def _target_choices() -> list[tuple[str, str]]:
    return [(target.kind, str(target.label)) for target in targets.all_targets()]


class WebhookForm(forms.Form):
    """Bind a webhook of `account`: a new one, or `webhook` as it is stored.

    The fields of each kind of target stand in `target_forms` under the prefix of its kind (`http-url`), so that a page
    can show them all and let the choice uncover one; only those of the chosen kind are validated.
    """

    title = forms.CharField(label=_("Title"), max_length=200)
    event_types = forms.MultipleChoiceField(
        label=_("Triggering events"), choices=_event_choices, widget=forms.CheckboxSelectMultiple
    )
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
        self.target_forms: dict[str, TargetForm] = {
            target.kind: target.form(
                data if self.chosen_kind == target.kind else None,
                stored=webhook.settings if webhook is not None and webhook.target_kind == target.kind else None,
                prefix=target.kind,
            )
            for target in targets.all_targets()
        }

    @property
    def chosen_kind(self) -> str:
        """Name the kind of target that is chosen: the one posted, else the stored one, else the first."""
        return str((self.data.get("target_kind") if self.is_bound else None) or self.initial["target_kind"])

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

    def wish(self) -> Wish:
        """Give what the form asks for; only once it is valid."""
        assert self.target_form is not None  # noqa: S101 -- narrows the type: is_valid() knows the kind
        return Wish(
            title=self.cleaned_data["title"],
            event_types=tuple(self.cleaned_data["event_types"]),
            target_kind=self.cleaned_data["target_kind"],
            settings=self.target_form.cleaned_data,
            resources=tuple(self.webhook.resources) if self.webhook else (),
        )

    def save(self, *, by: Principal) -> Webhook:
        """Create or edit the webhook; raise `Refusal` as the verbs do."""
        if self.webhook is None:
            return create_webhook(self.account, wish=self.wish(), by=by)
        return edit_webhook(self.webhook, wish=self.wish(), by=by)


def _initial(webhook: Webhook | None) -> dict[str, Any]:  # Any: values of the fields
    if webhook is None:
        return {"target_kind": targets.all_targets()[0].kind}
    return {"title": webhook.title, "event_types": webhook.event_types, "target_kind": webhook.target_kind}

"""The form of a target's settings, which never shows a secret and keeps the one that is not typed again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from webhooks.egress import restored
from webhooks.types import Json


class TargetForm(forms.Form):
    """The form of one kind of target; `cleaned_data` are the settings to store.

    `stored` are the settings that the webhook has now, secrets included: a subclass keeps from them the secrets that
    come back blank or masked.
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        stored: Json | None = None,
        prefix: str | None = None,
    ) -> None:
        self.stored = dict(stored or {})
        super().__init__(data, prefix=prefix, initial=self.shown(self.stored))

    def shown(self, stored: Json) -> Json:
        """Return the settings as the form shows them, without any secret."""
        return stored

    def whole_address(self, field: str) -> str:
        """Return the address that was typed, or the stored one if it came back as it is shown masked."""
        whole = restored(self.cleaned_data[field], stored=self.stored.get(field, ""))
        if whole is None:
            message = _("This address is masked, and not as the stored one is: write it whole.")
            raise forms.ValidationError(message, code="masked")
        return whole

"""The form of a target's settings, which never shows a secret and keeps the one that is not typed again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms


class TargetForm(forms.Form):
    """Bind the settings of one kind of target.

    `stored` are the settings that the webhook has now, secrets included; a subclass keeps from them what comes back
    blank or masked. `cleaned_data` are the settings to store.
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,  # Any: a form's data; from the API whatever JSON holds
        *,
        stored: Mapping[str, Any] | None = None,  # Any: the target's own settings
        prefix: str | None = None,
    ) -> None:
        self.stored = dict(stored or {})
        super().__init__(data, prefix=prefix, initial=self.shown(self.stored))

    def shown(self, stored: dict[str, Any]) -> dict[str, Any]:  # Any: as above
        """Give the settings as the form shows them, without a secret."""
        return stored

"""The form of a catalogue."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datasets import catalogs


class CatalogForm(forms.Form):
    """Title and description; for a new one also its type, where there is a choice."""

    title = forms.CharField(label=_("Title"), max_length=200)
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What visitors read at the top of the page."),
    )
    kind = forms.ChoiceField(label=_("Type"))

    def __init__(self, *args: Any, new: bool, **kwargs: Any) -> None:  # Any: Django's contract
        super().__init__(*args, **kwargs)
        kinds = [(connector.kind, connector.label) for connector in catalogs.all_connectors()]
        if new and len(kinds) > 1:
            self.fields["kind"].choices = kinds  # type: ignore[attr-defined]  # a ChoiceField
        else:
            del self.fields["kind"]

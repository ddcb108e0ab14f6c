"""The form of a catalogue."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.seen import SeenForm
from datasets import catalogs


class CatalogForm(forms.Form):
    """Title and description; for a new catalogue also its type, if there are several."""

    title = forms.CharField(label=_("Title"), max_length=200)
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What visitors read at the top of the page."),
    )
    kind = forms.ChoiceField(label=_("Type"))

    def __init__(self, *args: Any, new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(connector.kind, connector.label) for connector in catalogs.all_connectors()]
        if new and len(kinds) > 1:
            cast("forms.ChoiceField", self.fields["kind"]).choices = kinds
        else:
            del self.fields["kind"]


class CatalogChangeForm(SeenForm, CatalogForm):
    """Title and description of a catalogue that exists."""

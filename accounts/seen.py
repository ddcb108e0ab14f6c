"""Forms that tell what a person changed from what another saved since they opened the page."""

from __future__ import annotations

from typing import Any

from django import forms


class SeenForm(forms.BaseForm):
    """A form of an existing row: each field brings back the value that the person saw, so that others are not undone.

    `changed_data` then names what was changed on this page. A request without these values, which no page of ours
    sends, is compared with the row as it is now.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if field.widget.is_hidden:
                continue
            field.show_hidden_initial = not self.is_bound or self.add_initial_prefix(name) in self.data

    @property
    def changes(self) -> dict[str, Any]:
        """What the person changed: the new values by field."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

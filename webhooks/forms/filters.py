"""The form that restricts a list of deliveries."""

from __future__ import annotations

from datetime import date

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from webhooks.events import registry
from webhooks.filters import FIRST_DAY, LAST_DAY, DeliveryFilter, midnight_after, midnight_before
from webhooks.models import Delivery


def _type_choices() -> list[tuple[str, object]]:
    return [("", _("All events")), *registry.choices()]


class DayField(forms.DateField):
    """A day, blank for none."""

    def __init__(self, *, label: StrOrPromise) -> None:
        super().__init__(
            label=label,
            required=False,
            widget=forms.DateInput(attrs={"type": "date"}),
            validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
        )


class DeliveryFilterForm(forms.Form):
    """The filter above a list of deliveries; a field that is not valid restricts nothing."""

    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("All states")), *Delivery.State.choices], required=False
    )
    type = forms.ChoiceField(label=_("Event"), choices=_type_choices, required=False)
    since = DayField(label=_("From"))
    until = DayField(label=_("To"))
    q = forms.CharField(label=_("Text"), required=False, max_length=200, widget=forms.SearchInput)

    def delivery_filter(self) -> DeliveryFilter:
        """Return what the fields ask for; both days are whole days of local time, included."""
        self.is_valid()
        asked = self.cleaned_data
        since: date | None = asked.get("since")
        until: date | None = asked.get("until")
        return DeliveryFilter(
            states=(asked["state"],) if asked.get("state") else (),
            event_type=asked.get("type", ""),
            since=midnight_before(since) if since else None,
            until=midnight_after(until) if until else None,
            text=asked.get("q", ""),
        )

    @property
    def is_restricting(self) -> bool:
        """Whether anything was asked for."""
        return any(self.data.get(name) for name in self.fields)

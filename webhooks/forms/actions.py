"""What a person is asked before a webhook is tested, its secret renewed, or its deliveries replayed."""

from __future__ import annotations

from typing import ClassVar, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from webhooks.events import registry
from webhooks.filters import FIRST_DAY, LAST_DAY, DeliveryFilter, midnight_after, midnight_before
from webhooks.models import Delivery, Webhook
from webhooks.subscriptions.services import DEFAULT_OVERLAP_HOURS

FAILED_OR_SKIPPED = (Delivery.State.FAILED, Delivery.State.SKIPPED)


class SampleForm(forms.Form):
    """Choose the event to send a sample of; those that trigger the webhook come first."""

    event_type = forms.ChoiceField(label=_("Event"))

    def __init__(self, data: QueryDict | None = None, *, webhook: Webhook) -> None:
        super().__init__(data)
        own = [choice for choice in registry.choices() if choice[0] in webhook.event_types]
        others = [choice for choice in registry.choices() if choice[0] not in webhook.event_types]
        groups = [(_("Events of this webhook"), own), (_("Other events"), others)]
        field = cast("forms.ChoiceField", self.fields["event_type"])
        field.choices = [group for group in groups if group[1]]


class RotateForm(forms.Form):
    """Choose how long the old secret stays valid."""

    OVERLAPS: ClassVar = [
        (0, _("not at all: it has leaked")),
        (1, _("1 hour")),
        (24, _("24 hours")),
        (72, _("3 days")),
        (168, _("7 days")),
    ]
    overlap_hours = forms.TypedChoiceField(
        label=_("The old secret stays valid"), choices=OVERLAPS, coerce=int, initial=DEFAULT_OVERLAP_HOURS
    )


class ReplayForm(forms.Form):
    """Choose which deliveries to send again."""

    LOST = "lost"
    WHAT: ClassVar = [(LOST, _("What failed or was skipped")), ("all", _("Everything, also what was delivered"))]
    what = forms.ChoiceField(label=_("Send again"), choices=WHAT, widget=forms.RadioSelect, initial=LOST)
    since = forms.DateTimeField(
        label=_("Since"),
        required=False,
        help_text=_("Blank: since the beginning."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        validators=[
            MinValueValidator(lambda: midnight_before(FIRST_DAY)),
            MaxValueValidator(lambda: midnight_after(LAST_DAY)),
        ],
    )
    fresh_ids = forms.BooleanField(
        label=_("Under fresh identifiers"),
        required=False,
        help_text=_(
            "Under the same identifier a receiver can tell what it has had already. Under a fresh one everything is "
            "new to it."
        ),
    )

    def delivery_filter(self) -> DeliveryFilter:
        """Return which deliveries a valid form asks for."""
        asked = self.cleaned_data
        states = FAILED_OR_SKIPPED if asked["what"] == self.LOST else Delivery.SETTLED
        return DeliveryFilter(states=states, since=asked["since"])

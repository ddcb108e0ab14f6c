"""What the page of a webhook asks: which deliveries to show, what to test, what to replay, how to renew the secret."""

from __future__ import annotations

import uuid
from datetime import datetime, time
from typing import ClassVar

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from webhooks.delivery.replay import Selection
from webhooks.events import registry
from webhooks.models import Delivery, Webhook
from webhooks.models.delivery import DeliveryQuerySet
from webhooks.subscriptions.services import DEFAULT_OVERLAP_HOURS

State = Delivery.State

LOST = (State.FAILED, State.SKIPPED)
ALL = (State.DELIVERED, State.FAILED, State.CANCELLED, State.SKIPPED)


def _type_choices() -> list[tuple[str, str]]:
    return [(event_type.key, str(event_type.label)) for event_type in registry.all_types()]


def _any_type_choices() -> list[tuple[str, object]]:
    return [("", _("All events")), *_type_choices()]


class DeliveryFilter(forms.Form):
    """Narrow a list of deliveries; a field that is not valid narrows nothing."""

    state = forms.ChoiceField(label=_("State"), choices=[("", _("All states")), *State.choices], required=False)
    type = forms.ChoiceField(label=_("Event"), choices=_any_type_choices, required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    q = forms.CharField(label=_("Text"), required=False, max_length=200, widget=forms.SearchInput)

    def narrow(self, deliveries: DeliveryQuerySet) -> DeliveryQuerySet:
        """Give those of `deliveries` that the fields ask for; the days are those of the local time."""
        self.is_valid()
        asked = self.cleaned_data
        if asked.get("state"):
            deliveries = deliveries.filter(state=asked["state"])
        if asked.get("type"):
            deliveries = deliveries.filter(event__type=asked["type"])
        if asked.get("since"):
            deliveries = deliveries.filter(created_at__gte=_local(asked["since"], time.min))
        if asked.get("until"):
            deliveries = deliveries.filter(created_at__lte=_local(asked["until"], time.max))
        return deliveries.filter(_about(asked["q"])) if asked.get("q") else deliveries

    @property
    def is_narrow(self) -> bool:
        """Tell whether anything was asked."""
        return any(self.data.get(name) for name in self.fields)


class SampleForm(forms.Form):
    """Choose the event to send a sample of; those that trigger the webhook come first."""

    event_type = forms.ChoiceField(label=_("Event"))

    def __init__(self, data: object = None, *, webhook: Webhook) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict or None
        own = [choice for choice in _type_choices() if choice[0] in webhook.event_types]
        others = [choice for choice in _type_choices() if choice[0] not in webhook.event_types]
        groups = [(_("Events of this webhook"), own), (_("Other events"), others)]
        self.fields["event_type"].choices = [group for group in groups if group[1]]  # type: ignore[attr-defined]  # a ChoiceField


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

    LOST_ONLY = "lost"
    WHAT: ClassVar = [(LOST_ONLY, _("What failed or was skipped")), ("all", _("Everything, also what was delivered"))]
    what = forms.ChoiceField(label=_("Send again"), choices=WHAT, widget=forms.RadioSelect, initial=LOST_ONLY)
    since = forms.DateTimeField(
        label=_("Since"),
        required=False,
        help_text=_("Blank: since the beginning."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    fresh_ids = forms.BooleanField(
        label=_("Under fresh identifiers"),
        required=False,
        help_text=_(
            "Under the same identifier a receiver can tell what it has had already. Under a fresh one everything is "
            "new to it."
        ),
    )

    def selection(self) -> Selection:
        """Give what the form asks for; only once it is valid."""
        asked = self.cleaned_data
        return Selection(states=LOST if asked["what"] == self.LOST_ONLY else ALL, since=asked["since"])


def _local(day: object, moment: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, moment))  # type: ignore[arg-type]  # a DateField gave it


def _about(text: str) -> Q:
    """Match the title or the id of the resource, the detail, or the whole id of the event."""
    words = Q(event__resource_title__icontains=text) | Q(event__resource_id__icontains=text)
    words |= Q(event__detail__icontains=text)
    try:
        return words | Q(event_id=uuid.UUID(text))
    except ValueError:
        return words

"""The forms that create and configure a visualisation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, cast

from django import forms
from django.forms.boundfield import BoundWidget
from django.utils.translation import gettext_lazy as _

from accounts.seen import SeenForm
from datasets.charts.spec import Aggregate, Chart, Mark, NotDrawable
from datasets.models import Dataset, Visualisation
from datasets.services.drawings import column_titles, compute_points
from datasets.services.visualisations import VisualisationChanges, VisualisationDetails

ICONS = {
    Mark.BAR: "chart-column",
    Mark.LINE: "chart-line",
    Mark.AREA: "chart-area",
    Mark.POINT: "chart-scatter",
    Mark.ARC: "chart-pie",
}
NUMBER_TYPES = {"integer", "number"}


class ChartForm(forms.Form):
    """A chart of `dataset`; one that cannot be drawn is refused with the reason."""

    mark = forms.ChoiceField(label=_("Shape"), choices=Mark.choices, widget=forms.RadioSelect, initial=Mark.BAR)
    x = forms.ChoiceField(label=_("Horizontal axis"))
    aggregate = forms.ChoiceField(label=_("Value"), choices=Aggregate.choices, initial=Aggregate.COUNT)
    y = forms.ChoiceField(
        label=_("Vertical axis"),
        required=False,
        help_text=_("The numbers to compute with; the number of rows needs none."),
    )
    colour = forms.ChoiceField(
        label=_("Colour"), required=False, help_text=_("One colour for each value of a column; not for pies.")
    )

    def __init__(self, *args: Any, dataset: Dataset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dataset = dataset
        columns = column_titles(dataset)
        numeric = {column["key"] for column in dataset.columns if column.get("type") in NUMBER_TYPES}
        empty = ("", _("Choose a column"))
        choices = {
            "x": [empty, *columns.items()],
            "y": [empty, *(pair for pair in columns.items() if pair[0] in numeric)],
            "colour": [("", _("None")), *columns.items()],
        }
        for name in choices:
            cast("forms.ChoiceField", self.fields[name]).choices = choices[name]

    @property
    def marks(self) -> Iterator[tuple[BoundWidget, str]]:
        """The choices of the shape, each with its icon."""
        return ((choice, ICONS[Mark(choice.data["value"])]) for choice in self["mark"])

    @property
    def chart(self) -> Chart:
        """The chart that was configured."""
        data = self.cleaned_data
        return Chart(
            mark=data["mark"],
            x=data["x"],
            y="" if data["aggregate"] == Aggregate.COUNT else data["y"],
            aggregate=data["aggregate"],
            colour="" if data["mark"] == Mark.ARC else data["colour"],
        )

    def clean(self) -> dict[str, Any]:
        """Compute the chart from the data, and refuse one that cannot be drawn."""
        if not self.errors:
            try:
                compute_points(self.dataset, self.chart)
            except NotDrawable as refusal:
                self.add_error(None, str(refusal))
        return self.cleaned_data


class VisualisationForm(ChartForm):
    """A chart, its title and its description."""

    title = forms.CharField(label=_("Title"), max_length=300)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def details(self, *, is_public: bool) -> VisualisationDetails:
        """Return the title and description that were typed, with the visibility `is_public`."""
        return VisualisationDetails(self.cleaned_data["title"], self.cleaned_data["description"], is_public)


class VisualisationChangeForm(SeenForm, VisualisationForm):
    """The same of a visualisation that exists; `seen_dataset` is the dataset it had when the page was opened."""

    seen_dataset = forms.SlugField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, visualisation: Visualisation, **kwargs: Any) -> None:
        initial = {name: getattr(visualisation, name) for name in VisualisationForm.base_fields}
        seen = {"seen_dataset": visualisation.dataset.slug if visualisation.dataset else ""}
        super().__init__(*args, initial=initial | seen, **kwargs)

    @property
    def seen_mark(self) -> str:
        """The hidden input with the shape that the person saw: the page lays out its choices itself."""
        mark = self["mark"]
        return mark.as_hidden(only_initial=True) if mark.field.show_hidden_initial else ""

    @property
    def visualisation_changes(self) -> VisualisationChanges:
        """What the person changed; a change of the grouping or the shape may empty what it does not use."""
        changed, chart = set(self.changed_data) - {"seen_dataset"}, self.chart
        if "aggregate" in changed and chart.aggregate == Aggregate.COUNT:
            changed.add("y")
        if "mark" in changed and chart.mark == Mark.ARC:
            changed.add("colour")
        typed = self.cleaned_data | asdict(chart)
        values: dict[str, Any] = {name: typed[name] for name in changed}
        is_same = self.cleaned_data["seen_dataset"] == self.dataset.slug
        return VisualisationChanges(**values, dataset=None if is_same else self.dataset)

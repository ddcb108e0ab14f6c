"""The forms that make and configure a visualisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget
from django.utils.translation import gettext_lazy as _

from datasets.charts.spec import Aggregate, Chart, Mark, NotDrawable
from datasets.models import Dataset, Visualisation
from datasets.services.drawings import columns_of, points_of
from datasets.services.visualisations import Words

ICONS = {
    Mark.BAR: "chart-column",
    Mark.LINE: "chart-line",
    Mark.AREA: "chart-area",
    Mark.POINT: "chart-scatter",
    Mark.ARC: "chart-pie",
}
NUMBERS = {"integer", "number"}


class ChartForm(forms.Form):
    """A chart of `dataset`; refuses what could not be drawn, with the reason."""

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

    def __init__(self, *args: Any, dataset: Dataset, **kwargs: Any) -> None:  # Any: Django's contract
        super().__init__(*args, **kwargs)
        self.dataset = dataset
        columns = columns_of(dataset)
        numeric = {column["key"] for column in dataset.columns if column.get("type") in NUMBERS}
        choose = [("", _("Choose a column"))]
        self.fields["x"].choices = choose + list(columns.items())  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["y"].choices = choose + [pair for pair in columns.items() if pair[0] in numeric]  # type: ignore[attr-defined]  # as above
        self.fields["colour"].choices = [("", _("None")), *columns.items()]  # type: ignore[attr-defined]  # as above

    @property
    def marks(self) -> Iterator[tuple[BoundWidget, str]]:
        """Give the choices of the shape, each with its icon."""
        return ((choice, ICONS[Mark(choice.data["value"])]) for choice in self["mark"])

    @property
    def chart(self) -> Chart:
        """Give what was configured."""
        data = self.cleaned_data
        return Chart(
            mark=data["mark"],
            x=data["x"],
            y="" if data["aggregate"] == Aggregate.COUNT else data["y"],
            aggregate=data["aggregate"],
            colour="" if data["mark"] == Mark.ARC else data["colour"],
        )

    def clean(self) -> dict[str, Any]:  # Any: Django's contract
        """Try the chart on the data: what cannot be drawn now is not saved."""
        if not self.errors:
            try:
                points_of(self.dataset, self.chart)
            except NotDrawable as refusal:
                self.add_error(None, str(refusal))
        return self.cleaned_data


class VisualisationForm(ChartForm):
    """A chart and its words."""

    title = forms.CharField(label=_("Title"), max_length=300)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 2})
    )

    @classmethod
    def initial_of(cls, visualisation: Visualisation) -> dict[str, str]:
        """Give the values of the fields of an existing visualisation."""
        return {name: getattr(visualisation, name) for name in cls.base_fields}

    def words(self, *, is_public: bool) -> Words:
        """Give what people read."""
        return Words(self.cleaned_data["title"], self.cleaned_data["description"], is_public)

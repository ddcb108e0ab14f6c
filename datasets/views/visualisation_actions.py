"""Make, configure, share and delete visualisations."""

from __future__ import annotations

import base64
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import AccountRequest, go_to, page_or_dialog, principal_of, require_role
from accounts.permissions import Role
from datasets.charts.data import telling_column
from datasets.forms.visualisation import ChartForm, VisualisationForm
from datasets.models import Dataset, Visualisation
from datasets.services import drawings
from datasets.services.visualisations import (
    change_visualisation,
    create_visualisation,
    delete_visualisation,
    share_visualisation,
)

PAGE_SIZE = 20
MAX_GUESSES = 30


@require_role(Role.CONTRIBUTOR)
def visualisation_create(request: AccountRequest) -> HttpResponse:
    """Choose a dataset, then what to draw of it."""
    named = request.GET.get("dataset", "")
    if not named:
        return _choose_dataset(request)
    dataset = _readable(request, named)
    form = VisualisationForm(request.POST or None, dataset=dataset, initial=_first_guess(dataset))
    if form.is_valid():
        visualisation = create_visualisation(
            request.account,
            words=form.words(is_public=dataset.is_public),
            dataset=dataset,
            chart=form.chart,
            by=principal_of(request),
        )
        messages.success(request, _("The visualisation was created."))
        return redirect(visualisation.get_absolute_url())
    return _form(request, form, dataset)


@require_role(Role.CONTRIBUTOR)
def visualisation_configure(request: AccountRequest, slug: str) -> HttpResponse:
    """Change the words and the chart; one that has no dataset yet chooses it first."""
    visualisation = _own(request, slug)
    dataset = visualisation.dataset
    if dataset is None or "dataset" in request.GET:
        if not request.GET.get("dataset"):
            return _choose_dataset(request)
        dataset = _readable(request, request.GET["dataset"])
    initial = VisualisationForm.initial_of(visualisation)
    form = VisualisationForm(request.POST or None, dataset=dataset, initial=initial)
    if form.is_valid():
        words = form.words(is_public=visualisation.is_public)
        change_visualisation(visualisation, words=words, dataset=dataset, chart=form.chart, by=principal_of(request))
        messages.success(request, _("The visualisation was saved."))
        return redirect(visualisation.get_absolute_url())
    return _form(request, form, dataset, visualisation)


@require_GET
@require_role(Role.CONTRIBUTOR)
def visualisation_preview(request: AccountRequest) -> HttpResponse:
    """Draw what a form says now, for htmx; what cannot be drawn is a sentence."""
    dataset = _readable(request, request.GET.get("dataset", ""))
    form = ChartForm(request.GET, dataset=dataset)
    context: dict[str, object] = {"form": form}
    if form.is_valid():
        svgs, note = drawings.preview(dataset, form.chart, language=request.account.language)
        context |= {theme: _as_address(svg) for theme, svg in svgs.items()} | {"note": note}
    return render(request, "visualisations/form.html#preview", context)


@require_POST
@require_role(Role.CONTRIBUTOR)
def visualisation_share(request: AccountRequest, slug: str) -> HttpResponse:
    """Open a visualisation to everybody, or close it."""
    visualisation = _own(request, slug)
    share_visualisation(visualisation, public=request.POST.get("public") == "yes")
    return redirect(visualisation.get_absolute_url())


@require_role(Role.CONTRIBUTOR)
def visualisation_delete(request: AccountRequest, slug: str) -> HttpResponse:
    """Ask, then delete."""
    visualisation = _own(request, slug)
    if request.method != "POST":
        context = {"visualisation": visualisation, "count": visualisation.publications.count()}
        return page_or_dialog(request, "visualisations/delete.html", context)
    delete_visualisation(visualisation, by=principal_of(request))
    messages.success(request, _("“%(title)s” was deleted.") % {"title": visualisation.title})
    return go_to(request, reverse("datasets:visualisations"))


def _choose_dataset(request: AccountRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:200]
    found = Dataset.objects.of(request.account).readable().search(text)
    context = {
        "page": Paginator(found, PAGE_SIZE).get_page(request.GET.get("page")),
        "q": text,
        "query": urlencode({"q": text}) + "&" if text else "",
    }
    return render(
        request, "visualisations/choose.html#results" if request.htmx else "visualisations/choose.html", context
    )


def _form(
    request: AccountRequest, form: VisualisationForm, dataset: Dataset, visualisation: Visualisation | None = None
) -> HttpResponse:
    context = {"form": form, "dataset": dataset, "visualisation": visualisation}
    return render(request, "visualisations/form.html", context, status=422 if form.is_bound else 200)


def _first_guess(dataset: Dataset) -> dict[str, str]:
    """Propose bars of a column of text with few values."""
    texts = [column["key"] for column in dataset.columns if column.get("type") == "string"]
    names = texts[:MAX_GUESSES] or [column["key"] for column in dataset.columns[:1]]
    return {"x": telling_column(dataset.table_path, names)}


def _as_address(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _readable(request: AccountRequest, slug: str) -> Dataset:
    return get_object_or_404(Dataset.objects.of(request.account).readable(), slug=slug)


def _own(request: AccountRequest, slug: str) -> Visualisation:
    found = Visualisation.objects.of(request.account).select_related("dataset", "account")
    return get_object_or_404(found, slug=slug)

"""Create, configure, share and delete a visualisation."""

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

from accounts.http import AccountRequest, go_to, page_or_dialog, principal_of, require_permission
from accounts.permissions import Permission
from datasets.charts.data import suggest_column
from datasets.forms.visualisation import ChartForm, VisualisationChangeForm, VisualisationForm
from datasets.models import Dataset, Visualisation
from datasets.services import drawings
from datasets.services.visualisations import (
    change_visualisation,
    create_visualisation,
    delete_visualisation,
    share_visualisation,
)
from datasets.views.publications import announce_private

PAGE_SIZE = 20
MAX_SUGGESTIONS = 30
"""Columns of text among which a readable one is looked for."""


@require_permission(Permission.CREATE_VISUALISATION)
def visualisation_create(request: AccountRequest) -> HttpResponse:
    """Show the form of a new visualisation, after the choice of its dataset; POST creates it."""
    named = request.GET.get("dataset", "")
    if not named:
        return _choose_dataset(request)
    dataset = _dataset_with_data(request, named)
    form = VisualisationForm(request.POST or None, dataset=dataset, initial=_suggested_chart(dataset))
    if form.is_valid():
        visualisation = create_visualisation(
            request.account,
            details=form.details(is_public=dataset.is_public),
            dataset=dataset,
            chart=form.chart,
            by=principal_of(request),
        )
        messages.success(request, _("The visualisation was created."))
        return redirect(visualisation.get_absolute_url())
    return _form(request, form, dataset)


@require_permission(Permission.EDIT_VISUALISATION)
def visualisation_configure(request: AccountRequest, slug: str) -> HttpResponse:
    """Show the form of title, description and chart, after the choice of a dataset if it has none; POST saves them."""
    visualisation = _owned(request, slug)
    dataset = visualisation.dataset
    if dataset is None or "dataset" in request.GET:
        if not request.GET.get("dataset"):
            return _choose_dataset(request)
        dataset = _dataset_with_data(request, request.GET["dataset"])
    form = VisualisationChangeForm(request.POST or None, dataset=dataset, visualisation=visualisation)
    if form.is_valid():
        change_visualisation(visualisation, changes=form.visualisation_changes, by=principal_of(request))
        messages.success(request, _("The visualisation was saved."))
        return redirect(visualisation.get_absolute_url())
    return _form(request, form, dataset, visualisation)


@require_GET
@require_permission(Permission.CREATE_VISUALISATION)
def visualisation_preview(request: AccountRequest) -> HttpResponse:
    """Return the drawing of the form as it is now, for htmx, or the reason why it cannot be drawn."""
    dataset = _dataset_with_data(request, request.GET.get("dataset", ""))
    form = ChartForm(request.GET, dataset=dataset)
    context: dict[str, object] = {"form": form}
    if form.is_valid():
        svgs, footnote = drawings.preview(dataset, form.chart, language=request.account.language)
        context |= {theme: _data_url(svg) for theme, svg in svgs.items()} | {"footnote": footnote}
    return render(request, "visualisations/form.html#preview", context)


@require_POST
@require_permission(Permission.EDIT_VISUALISATION)
def visualisation_share(request: AccountRequest, slug: str) -> HttpResponse:
    """Make the visualisation public (`public=yes`) or private."""
    visualisation = _owned(request, slug)
    public = request.POST.get("public") == "yes"
    taken_off = share_visualisation(visualisation, public=public, by=principal_of(request))
    if public:
        messages.success(request, _("The visualisation is public now."))
    else:
        announce_private(request, _("The visualisation is private now."), taken_off=taken_off)
    return redirect(visualisation.get_absolute_url())


@require_permission(Permission.DELETE_VISUALISATION)
def visualisation_delete(request: AccountRequest, slug: str) -> HttpResponse:
    """Ask for confirmation; POST deletes."""
    visualisation = _owned(request, slug)
    if request.method != "POST":
        context = {"visualisation": visualisation, "count": visualisation.publications.count()}
        return page_or_dialog(request, "visualisations/delete.html", context)
    delete_visualisation(visualisation, by=principal_of(request))
    messages.success(request, _("“%(title)s” was deleted.") % {"title": visualisation.title})
    return go_to(request, reverse("datasets:visualisations"))


def _choose_dataset(request: AccountRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:200]
    found = Dataset.objects.of(request.account).with_data().search(text)
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


def _suggested_chart(dataset: Dataset) -> dict[str, str]:
    """Return the initial values of the form: bars of a column of text with few values."""
    texts = [column["key"] for column in dataset.columns if column.get("type") == "string"]
    names = texts[:MAX_SUGGESTIONS] or [column["key"] for column in dataset.columns[:1]]
    return {"x": suggest_column(dataset.table_path, names)}


def _data_url(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _dataset_with_data(request: AccountRequest, slug: str) -> Dataset:
    return get_object_or_404(Dataset.objects.of(request.account).with_data(), slug=slug)


def _owned(request: AccountRequest, slug: str) -> Visualisation:
    found = Visualisation.objects.of(request.account).select_related("dataset", "account")
    return get_object_or_404(found, slug=slug)

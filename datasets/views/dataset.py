"""The list of datasets of the current account, and the page of a dataset for its members and for the public."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.http import AccountRequest, is_allowed, require_permission
from accounts.models import Account
from accounts.permissions import Permission
from datasets.models import Dataset
from datasets.views.preview import table
from datasets.views.publications import publication_panel
from webhooks.events import journal

PAGE_SIZE = 25


@require_GET
@vary_on_headers("HX-Request")
@require_permission(Permission.READ_DATASETS)
def dataset_list(request: AccountRequest) -> HttpResponse:
    """List the datasets of the account, the latest changed first; for htmx only the results."""
    text = request.GET.get("q", "").strip()
    page = Paginator(Dataset.objects.of(request.account).search(text), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "q": text,
        "query": urlencode({"q": text}) + "&" if text else "",
    }
    return render(request, "datasets/list.html#results" if request.htmx else "datasets/list.html", context)


@require_GET
def dataset_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a dataset to the members of its account, and to anybody once it is public; else 404."""
    account = _account(request)
    dataset = get_object_or_404(Dataset.objects.visible_to(account).select_related("account"), slug=slug)
    return render(request, "datasets/detail.html", _page_context(request, dataset))


@require_GET
@require_permission(Permission.READ_DATASETS)
def dataset_progress(request: AccountRequest, slug: str) -> HttpResponse:
    """Return the live part of the page for htmx; 204 as long as the status is still `was`."""
    dataset = get_object_or_404(Dataset.objects.of(request.account).select_related("account"), slug=slug)
    if dataset.is_processing and dataset.status == request.GET.get("was"):
        return HttpResponse(status=204)
    return render(request, "datasets/detail.html#live", _page_context(request, dataset) | {"announced": True})


def _account(request: HttpRequest) -> Account | None:
    """Return the current account; None for a visitor."""
    account: Account | None = getattr(request, "account", None)
    return account


def _page_context(request: HttpRequest, dataset: Dataset) -> dict[str, object]:
    """Return the context of the page: the data for all, publications for members, the journal for contributors."""
    is_member = dataset.account == _account(request)
    visualisations = dataset.visualisations.order_by("title")
    context: dict[str, object] = {
        "dataset": dataset,
        "preview": table(dataset),
        "is_member": is_member,
        "may_edit": is_allowed(request, Permission.EDIT_DATASET, owner=dataset.account),
        "may_delete": is_allowed(request, Permission.DELETE_DATASET, owner=dataset.account),
        "visualisations": visualisations if is_member else visualisations.filter(is_public=True),
    }
    if is_member:
        context |= {
            "page_url": settings.PUBLIC_URL + dataset.get_absolute_url(),
            "publication_panel": publication_panel(request, dataset),
        }
    if is_allowed(request, Permission.READ_DATASET_JOURNAL, owner=dataset.account):
        context["journal"] = journal.about(dataset.account, resource_type="dataset", resource_id=dataset.slug)
    return context

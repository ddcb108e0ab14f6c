"""The datasets of the account in use, and the page of each: whole for its members, to read for the public."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.http import AccountRequest, require_role
from accounts.models import Account
from accounts.permissions import Role, at_least
from datasets.models import Dataset

PAGE_SIZE = 25
"""Datasets on a page of the list."""

STOP_POLLING = 286
"""The status that tells htmx to stop asking (https://htmx.org/docs/#polling)."""


@require_GET
@vary_on_headers("HX-Request")
@require_role(Role.READER)
def dataset_list(request: AccountRequest) -> HttpResponse:
    """List what the account holds, the latest changed first; htmx asks for the results alone."""
    text = request.GET.get("q", "").strip()
    page = Paginator(Dataset.objects.of(request.account).search(text), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "q": text,
        "query": urlencode({"q": text}) + "&" if text else "",
        "may_edit": False,
    }
    return render(request, "datasets/list.html#results" if request.htmx else "datasets/list.html", context)


@require_GET
def dataset_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a dataset to the members of its account, and to anybody once it is public; else 404."""
    dataset = _seen(request, slug)
    return render(request, "datasets/detail.html", _shown(request, dataset))


@require_GET
@require_role(Role.READER)
def dataset_progress(request: AccountRequest, slug: str) -> HttpResponse:
    """Tell htmx how far the ingestion is: 204 when nothing changed since `?was=<status>`, 286 at its end."""
    dataset = get_object_or_404(Dataset.objects.of(request.account), slug=slug)
    if dataset.is_processing and dataset.status == request.GET.get("was"):
        return HttpResponse(status=204)
    status = 200 if dataset.is_processing else STOP_POLLING
    return render(request, "datasets/detail.html#live", _shown(request, dataset), status=status)


def _seen(request: HttpRequest, slug: str) -> Dataset:
    account: Account | None = getattr(request, "account", None)
    datasets = Dataset.objects.visible_to(account).select_related("account")
    return get_object_or_404(datasets, slug=slug)


def _shown(request: HttpRequest, dataset: Dataset) -> dict[str, object]:
    is_member = dataset.account == getattr(request, "account", None)
    return {
        "dataset": dataset,
        "is_member": is_member,
        "may_edit": is_member and at_least(getattr(request, "role", None), Role.CONTRIBUTOR),
    }

"""The datasets of the account in use, and the page of each: whole for its members, to read for the public."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.http import AccountRequest, require_role
from accounts.models import Account
from accounts.permissions import Role, at_least
from datasets.models import Dataset
from datasets.views.preview import table
from datasets.views.publications import shelf_of
from webhooks.events import journal

PAGE_SIZE = 25
"""Datasets on a page of the list."""


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
        "may_edit": at_least(request.role, Role.CONTRIBUTOR),
    }
    return render(request, "datasets/list.html#results" if request.htmx else "datasets/list.html", context)


@require_GET
def dataset_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a dataset to the members of its account, and to anybody once it is public; else 404."""
    account = _account(request)
    dataset = get_object_or_404(Dataset.objects.visible_to(account).select_related("account"), slug=slug)
    return render(request, "datasets/detail.html", _shown(request, dataset))


@require_GET
@require_role(Role.READER)
def dataset_progress(request: AccountRequest, slug: str) -> HttpResponse:
    """Give htmx the dataset as it is now; 204 as long as it is still in the status `was`."""
    dataset = get_object_or_404(Dataset.objects.of(request.account).select_related("account"), slug=slug)
    if dataset.is_processing and dataset.status == request.GET.get("was"):
        return HttpResponse(status=204)
    return render(request, "datasets/detail.html#live", _shown(request, dataset) | {"announced": True})


def _account(request: HttpRequest) -> Account | None:
    """Give the account in use; None for a visitor."""
    account: Account | None = getattr(request, "account", None)
    return account


def _shown(request: HttpRequest, dataset: Dataset) -> dict[str, object]:
    """Give what the page needs: the public gets the data, members who sees it, contributors the journal as well."""
    is_member = dataset.account == _account(request)
    may_edit = is_member and at_least(getattr(request, "role", None), Role.CONTRIBUTOR)
    drawn = dataset.visualisations.order_by("title")
    shown: dict[str, object] = {
        "dataset": dataset,
        "preview": table(dataset),
        "is_member": is_member,
        "may_edit": may_edit,
        "visualisations": drawn if is_member else drawn.filter(is_public=True),
    }
    if is_member:
        shown |= {
            "page_url": settings.PUBLIC_URL + dataset.get_absolute_url(),
            "shelf": shelf_of(request, dataset),
        }
    if may_edit:
        shown["journal"] = journal.about(dataset.account, resource_type="dataset", resource_id=dataset.slug)
    return shown

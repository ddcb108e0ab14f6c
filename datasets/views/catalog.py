"""The catalogues of the current account, and the public page of each."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.http import AccountRequest, go_to, page_or_dialog, principal_of, require_permission
from accounts.permissions import Permission
from datasets import catalogs
from datasets.forms.catalog import CatalogChangeForm, CatalogForm
from datasets.models import Catalog, Publication
from datasets.services.catalogs import change_catalog, create_catalog, delete_catalog

PAGE_SIZE = 20
KINDS = {"": Q(), "datasets": Q(dataset__isnull=False), "visualisations": Q(visualisation__isnull=False)}


@require_GET
@require_permission(Permission.READ_CATALOGS)
def catalog_list(request: AccountRequest) -> HttpResponse:
    """List the catalogues of the account, with the number of publications that each shows."""
    found = Catalog.objects.of(request.account).with_visible_count()
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [(catalog, catalogs.find(catalog.kind)) for catalog in page]
    return render(request, "catalogs/list.html", {"page": page, "rows": rows})


@require_permission(Permission.MANAGE_CATALOGS)
def catalog_create(request: AccountRequest) -> HttpResponse:
    """Show the form of a new catalogue; POST creates it."""
    form = CatalogForm(request.POST or None, new=True)
    if form.is_valid():
        data = form.cleaned_data
        catalog = create_catalog(
            request.account,
            title=data["title"],
            description=data["description"],
            kind=data.get("kind") or "local",
            by=principal_of(request),
        )
        messages.success(request, _("The catalog “%(title)s” was created.") % {"title": catalog.title})
        return go_to(request, reverse("datasets:catalogs"))
    return page_or_dialog(request, "catalogs/form.html", {"form": form}, refused=form.is_bound)


@require_permission(Permission.MANAGE_CATALOGS)
def catalog_edit(request: AccountRequest, slug: str) -> HttpResponse:
    """Show the form of title and description; POST saves them."""
    catalog = _owned(request, slug)
    initial = {"title": catalog.title, "description": catalog.description}
    form = CatalogChangeForm(request.POST or None, initial=initial, new=False)
    if form.is_valid():
        catalog = change_catalog(catalog, by=principal_of(request), **form.changes)
        messages.success(request, _("The catalog “%(title)s” was saved.") % {"title": catalog.title})
        return go_to(request, reverse("datasets:catalogs"))
    return page_or_dialog(request, "catalogs/form.html", {"form": form, "catalog": catalog}, refused=form.is_bound)


@require_permission(Permission.MANAGE_CATALOGS)
def catalog_delete(request: AccountRequest, slug: str) -> HttpResponse:
    """Ask for confirmation, with the number of publications that end; POST deletes."""
    catalog = _owned(request, slug)
    if request.method != "POST":
        context = {"catalog": catalog, "count": catalog.publications.count()}
        return page_or_dialog(request, "catalogs/delete.html", context)
    delete_catalog(catalog, by=principal_of(request))
    messages.success(request, _("The catalog “%(title)s” was deleted.") % {"title": catalog.title})
    return go_to(request, reverse("datasets:catalogs"))


@require_safe
@vary_on_headers("HX-Request")
def catalog_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what is published on a local catalogue, to anybody; for htmx only the results."""
    catalog = get_object_or_404(Catalog.objects.select_related("account"), slug=slug, kind="local")
    text, kind = request.GET.get("q", "").strip()[:200], request.GET.get("type", "")
    if kind not in KINDS:
        raise Http404
    found = Publication.objects.visible().filter(KINDS[kind], catalog=catalog).search(text).with_resources()
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    parameters = {name: value for name, value in (("q", text), ("type", kind)) if value}
    context = {
        "catalog": catalog,
        "page": page,
        "q": text,
        "type": kind,
        "query": urlencode(parameters) + "&" if parameters else "",
    }
    htmx = getattr(request, "htmx", False)
    return render(request, "catalogs/page.html#results" if htmx else "catalogs/page.html", context)


def _owned(request: AccountRequest, slug: str) -> Catalog:
    return get_object_or_404(Catalog.objects.of(request.account), slug=slug)

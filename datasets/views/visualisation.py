"""The list of visualisations of the current account, and the page and the picture of a visualisation."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import parse_etags, quote_etag
from django.views.decorators.http import require_GET, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.http import AccountRequest, is_allowed, require_permission
from accounts.models import Account
from accounts.permissions import Permission
from datasets.models import Drawing, Visualisation
from datasets.views.publications import publication_panel
from webhooks.events import journal

PAGE_SIZE = 24
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""The picture loads nothing and runs nothing, even when it is opened as a page."""

PICTURE_TTL_S = 86_400


@require_GET
@vary_on_headers("HX-Request")
@require_permission(Permission.READ_VISUALISATIONS)
def visualisation_list(request: AccountRequest) -> HttpResponse:
    """List the visualisations of the account, the latest changed first; for htmx only the results."""
    text = request.GET.get("q", "").strip()[:200]
    found = Visualisation.objects.of(request.account).search(text).for_list()
    context = {
        "page": Paginator(found, PAGE_SIZE).get_page(request.GET.get("page")),
        "q": text,
        "query": urlencode({"q": text}) + "&" if text else "",
    }
    return render(request, "visualisations/list.html#results" if request.htmx else "visualisations/list.html", context)


@require_safe
def visualisation_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a visualisation to the members of its account, and to anybody once it is public; else 404."""
    visualisation = _get_visible(request, slug)
    return render(request, "visualisations/detail.html", _page_context(request, visualisation))


@require_safe
def visualisation_progress(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the live part of the page for htmx; 204 as long as the worker has not drawn the visualisation."""
    visualisation = _get_visible(request, slug)
    if visualisation.is_stale:
        return HttpResponse(status=204)
    context = _page_context(request, visualisation) | {"announced": True}
    return render(request, "visualisations/detail.html#live", context)


@require_safe
def visualisation_chart(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the last drawing as SVG: `?theme=light|dark&size=wide|narrow`; `?download` as an attachment."""
    visualisation = _get_visible(request, slug)
    theme, size = request.GET.get("theme", "light"), request.GET.get("size", "wide")
    etag = quote_etag(f"{visualisation.pk}.{visualisation.drawn_key}.{theme}.{size}")
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponse(status=304)
    else:
        found = Drawing.objects.filter(visualisation=visualisation, theme=theme, size=size).first()
        if found is None:
            raise Http404
        response = HttpResponse(found.svg, content_type="image/svg+xml; charset=utf-8")
        response["Content-Security-Policy"] = SVG_POLICY
        if "download" in request.GET:
            response["Content-Disposition"] = f'attachment; filename="{visualisation.slug}.svg"'
    response["ETag"] = etag
    is_versioned = request.GET.get("v") == visualisation.drawn_key
    response["Cache-Control"] = f"private, max-age={PICTURE_TTL_S}" if is_versioned else "private, no-cache"
    return response


def _get_visible(request: HttpRequest, slug: str) -> Visualisation:
    """Return a visualisation that the user may see, as it was last drawn, or raise 404."""
    account: Account | None = getattr(request, "account", None)
    found = Visualisation.objects.visible_to(account).select_related("account", "dataset")
    return get_object_or_404(found, slug=slug)


def _page_context(request: HttpRequest, visualisation: Visualisation) -> dict[str, object]:
    account, dataset = visualisation.account, visualisation.dataset
    is_member = account == getattr(request, "account", None)
    context: dict[str, object] = {
        "visualisation": visualisation,
        "dataset": dataset if dataset and (dataset.is_public or is_member) else None,
        "is_member": is_member,
        "may_edit": is_allowed(request, Permission.EDIT_VISUALISATION, owner=account),
        "may_delete": is_allowed(request, Permission.DELETE_VISUALISATION, owner=account),
        "publication_panel": publication_panel(request, visualisation) if is_member else None,
    }
    if is_allowed(request, Permission.READ_VISUALISATION_JOURNAL, owner=account):
        context["journal"] = journal.about(account, resource_type="visualisation", resource_id=visualisation.slug)
    return context

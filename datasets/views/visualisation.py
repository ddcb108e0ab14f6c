"""The visualisations of the account in use, and the page and picture of each: for the public too, once it is public."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import parse_etags, quote_etag
from django.views.decorators.http import require_GET, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.http import AccountRequest, require_role
from accounts.models import Account
from accounts.permissions import Role, at_least
from datasets.models import Drawing, Visualisation
from datasets.services import drawings
from datasets.views.publications import shelf_of
from webhooks.events import journal

PAGE_SIZE = 24
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A picture needs nothing and may do nothing, even when it is opened as a page."""
PICTURE_TTL_S = 86_400


@require_GET
@vary_on_headers("HX-Request")
@require_role(Role.READER)
def visualisation_list(request: AccountRequest) -> HttpResponse:
    """Show what the account has drawn, the latest changed first; htmx asks for the results alone."""
    text = request.GET.get("q", "").strip()[:200]
    found = Visualisation.objects.of(request.account).search(text).listed()
    context = {
        "page": Paginator(found, PAGE_SIZE).get_page(request.GET.get("page")),
        "q": text,
        "query": urlencode({"q": text}) + "&" if text else "",
        "may_edit": at_least(request.role, Role.CONTRIBUTOR),
    }
    return render(request, "visualisations/list.html#results" if request.htmx else "visualisations/list.html", context)


@require_safe
def visualisation_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a visualisation to the members of its account, and to anybody once it is public."""
    visualisation = _seen(request, slug)
    account = getattr(request, "account", None)
    is_member = visualisation.account == account
    may_edit = is_member and at_least(getattr(request, "role", None), Role.CONTRIBUTOR)
    about = journal.about(visualisation.account, resource_type="visualisation", resource_id=slug) if may_edit else []
    dataset = visualisation.dataset
    context = {
        "visualisation": visualisation,
        "dataset": dataset if dataset and (dataset.is_public or is_member) else None,
        "is_member": is_member,
        "may_edit": may_edit,
        "journal": about,
        "shelf": shelf_of(request, visualisation) if is_member else None,
    }
    return render(request, "visualisations/detail.html", context)


@require_safe
def visualisation_chart(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the picture as SVG: `?theme=light|dark&size=wide|narrow`, `?download` to keep it."""
    visualisation = _seen(request, slug)
    theme, size = request.GET.get("theme", "light"), request.GET.get("size", "wide")
    etag = quote_etag(f"{visualisation.pk}.{visualisation.drawn_key}.{theme}.{size}")
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        answer = HttpResponse(status=304)
    else:
        found = Drawing.objects.filter(visualisation=visualisation, theme=theme, size=size).first()
        if found is None:
            raise Http404
        answer = HttpResponse(found.svg, content_type="image/svg+xml; charset=utf-8")
        answer["Content-Security-Policy"] = SVG_POLICY
        if "download" in request.GET:
            answer["Content-Disposition"] = f'attachment; filename="{visualisation.slug}.svg"'
    answer["ETag"] = etag
    named = request.GET.get("v") == visualisation.drawn_key
    answer["Cache-Control"] = f"private, max-age={PICTURE_TTL_S}" if named else "private, no-cache"
    return answer


def _seen(request: HttpRequest, slug: str) -> Visualisation:
    """Give one that may be seen, drawn as of now even if no worker came to it yet, or raise 404."""
    account: Account | None = getattr(request, "account", None)
    found = Visualisation.objects.visible_to(account).select_related("account", "dataset")
    visualisation = get_object_or_404(found, slug=slug)
    if visualisation.is_stale:
        drawings.draw(visualisation)
    return visualisation

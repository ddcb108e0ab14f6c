"""Publish and unpublish from the page of a dataset or a visualisation."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.http import AccountRequest, is_allowed, principal_of, require_permission
from accounts.permissions import Permission
from datasets.models import Catalog, Dataset, Publication, Resource, Visualisation
from datasets.services.publications import NotPublishable, publish, unpublish


@dataclass(frozen=True, slots=True)
class PublicationPanel:
    """The publications of a resource and the catalogues that it is not on, for `catalogs/publications.html`."""

    resource: Resource
    publications: list[Publication]
    free: list[Catalog]
    publish_url: str
    may_edit: bool
    may_manage: bool

    @property
    def current_count(self) -> int:
        """The number of catalogues that it would be taken off if it were made private."""
        return sum(publication.is_current for publication in self.publications)


def publication_panel(request: HttpRequest, resource: Resource) -> PublicationPanel:
    """Return the publications of `resource` and what the user may do about them."""
    publications = list(Publication.objects.about(resource))
    taken = {publication.catalog_id for publication in publications}
    owner, is_dataset = resource.account, isinstance(resource, Dataset)
    edit = Permission.EDIT_DATASET if is_dataset else Permission.EDIT_VISUALISATION
    may_edit = is_allowed(request, edit, owner=owner)
    free = [catalog for catalog in Catalog.objects.of(owner) if catalog.pk not in taken] if may_edit else []
    name = "datasets:publish_dataset" if is_dataset else "datasets:publish_visualisation"
    return PublicationPanel(
        resource=resource,
        publications=publications,
        free=free,
        publish_url=reverse(name, args=[resource.slug]),
        may_edit=may_edit,
        may_manage=is_allowed(request, Permission.MANAGE_CATALOGS, owner=owner),
    )


def announce_private(request: HttpRequest, message: str, *, taken_off: int) -> None:
    """Add `message`, which says that a resource is private now, with the number of catalogues it was taken off."""
    if taken_off:
        ending = ngettext("It was taken off %(count)s catalog.", "It was taken off %(count)s catalogs.", taken_off)
        message = f"{message} {ending % {'count': taken_off}}"
    messages.success(request, message)


@require_POST
@require_permission(Permission.EDIT_DATASET)
def publish_dataset(request: AccountRequest, slug: str) -> HttpResponse:
    """Publish a dataset on the catalogue named in the form, or take it off."""
    return _publish_or_remove(request, get_object_or_404(Dataset.objects.of(request.account), slug=slug))


@require_POST
@require_permission(Permission.EDIT_VISUALISATION)
def publish_visualisation(request: AccountRequest, slug: str) -> HttpResponse:
    """Publish a visualisation on the catalogue named in the form, or take it off."""
    return _publish_or_remove(request, get_object_or_404(Visualisation.objects.of(request.account), slug=slug))


def _publish_or_remove(request: AccountRequest, resource: Resource) -> HttpResponse:
    catalog = get_object_or_404(
        Catalog.objects.of(request.account), slug=request.POST.get("catalog", "").replace("\0", "")
    )
    names = {"title": resource.title, "catalog": catalog.title}
    by = principal_of(request)
    try:
        if request.POST.get("action") == "remove":
            unpublish(resource, catalog=catalog, by=by)
            messages.success(request, _("“%(title)s” was taken off “%(catalog)s”.") % names)
        else:
            publish(resource, catalog=catalog, by=by)
            messages.success(request, _("“%(title)s” was published on “%(catalog)s”.") % names)
    except NotPublishable as refusal:
        messages.error(request, str(refusal))
    return redirect(resource.get_absolute_url())

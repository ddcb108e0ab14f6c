"""Create, change and delete catalogues."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Account
from accounts.principal import Principal
from datasets import catalogs, slugs
from datasets.models import Catalog
from datasets.services import editing, publications


def create_catalog(
    account: Account, *, title: str, description: str = "", kind: str = "local", slug: str = ""
) -> Catalog:
    """Create a catalogue; raise KeyError for an unknown kind, IntegrityError when `slug` is taken."""
    catalogs.find(kind)

    catalog = Catalog(account=account, slug=slug, title=title, description=description, kind=kind)
    if slug:
        catalog.save(force_insert=True)
    else:
        slugs.insert_with_slug(catalog, wanted=title, fallback="catalog")
    return catalog


def change_catalog(catalog: Catalog, *, title: str | None = None, description: str | None = None) -> Catalog:
    """Change title or description (None: unchanged) and return the catalogue as it is now.

    Only what differs is written. Raise `Catalog.DoesNotExist` when it was deleted.
    """
    with transaction.atomic():
        current = editing.locked(catalog)
        editing.save_changed(current, editing.assign(current, {"title": title, "description": description}))
    return current


def delete_catalog(catalog: Catalog, *, by: Principal) -> None:
    """Take everything off the catalogue, then delete it."""
    with transaction.atomic():
        for publication in catalog.publications.select_related("dataset__account", "visualisation__account"):
            publications.unpublish(publication.resource, catalog=catalog, by=by)
        catalog.delete()

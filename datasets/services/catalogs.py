"""Create, change and delete catalogues."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Account
from accounts.principal import Principal
from datasets import catalogs, slugs
from datasets.models import Catalog
from datasets.services import audit, editing, publications
from datasets.services.audit import Action


def create_catalog(
    account: Account, *, title: str, by: Principal, description: str = "", kind: str = "local", slug: str = ""
) -> Catalog:
    """Create a catalogue; raise KeyError for an unknown kind, IntegrityError when `slug` is taken."""
    catalogs.find(kind)

    catalog = Catalog(account=account, slug=slug, title=title, description=description, kind=kind)
    with transaction.atomic():
        if slug:
            catalog.save(force_insert=True)
        else:
            slugs.insert_with_slug(catalog, wanted=title, fallback="catalog")
        audit.created(Action.CATALOG_CREATED, catalog, by=by)
    return catalog


def change_catalog(
    catalog: Catalog, *, by: Principal, title: str | None = None, description: str | None = None
) -> Catalog:
    """Change title or description (None: unchanged) and return the catalogue as it is now.

    Only what differs is written. Raise `Catalog.DoesNotExist` when it was deleted.
    """
    with transaction.atomic():
        current = editing.locked(catalog)
        before = audit.values(current)
        editing.save_changed(current, editing.assign(current, {"title": title, "description": description}))
        audit.changed(Action.CATALOG_UPDATED, current, before, by=by)
    return current


def delete_catalog(catalog: Catalog, *, by: Principal) -> None:
    """Take everything off the catalogue, then delete it."""
    with transaction.atomic():
        try:
            current = editing.locked(catalog)
        except Catalog.DoesNotExist:
            return
        audit.deleted(Action.CATALOG_DELETED, current, audit.values(current), by=by)
        publications.clear(catalog, by=by)
        catalog.delete()

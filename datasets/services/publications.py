"""Put datasets and visualisations on catalogues, update what is there, take it off."""

from __future__ import annotations

from django.db import models, transaction
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.principal import Principal
from datasets import catalogs, wakeup
from datasets.models import Catalog, Dataset, Publication, Resource, Visualisation
from datasets.services import audit
from datasets.signals import dataset_error, dataset_published, visualisation_error, visualisation_published

MAX_ERROR_CHARS = 2_000
BATCH_SIZE = 50
"""Publications processed by one task: the next sweep asks for the rest."""


class NotPublishable(Exception):
    """The resource cannot be published now; `message` says why, in the language active when it is shown."""

    message = _("This cannot be published.")

    def __str__(self) -> str:
        return str(self.message)


class NotFinalized(NotPublishable):
    """There is no data, or no drawing, to show yet."""

    message = _("There is nothing to show yet: it can be published once its data is online.")


class NotPublic(NotPublishable):
    """The resource is private: a catalogue shows only what everybody may see."""

    message = _("It is private: make it public first, then publish it.")


def publish_dataset(dataset: Dataset, *, catalog: Catalog, by: Principal) -> Publication:
    """Put `dataset` on `catalog`, or update it there; raise `NotPublishable`."""
    if not dataset.has_data:
        raise NotFinalized
    return _publish(dataset, catalog=catalog, by=by)


def publish_visualisation(visualisation: Visualisation, *, catalog: Catalog, by: Principal) -> Publication:
    """Put `visualisation` on `catalog`, or update it there; raise `NotPublishable`."""
    if visualisation.status != Visualisation.Status.CONFIGURED:
        raise NotFinalized
    return _publish(visualisation, catalog=catalog, by=by)


def publish(resource: Resource, *, catalog: Catalog, by: Principal) -> Publication:
    """Publish a dataset or a visualisation; raise `NotPublishable`."""
    if isinstance(resource, Dataset):
        return publish_dataset(resource, catalog=catalog, by=by)
    return publish_visualisation(resource, catalog=catalog, by=by)


def unpublish(resource: Resource, *, catalog: Catalog, by: Principal) -> None:
    """Take a dataset or a visualisation off `catalog`; do nothing when it is not there."""
    _check_owner(resource, catalog)
    with transaction.atomic():
        _lock(resource)
        publication = Publication.objects.about(resource).filter(catalog=catalog).first()
        if publication is not None:
            before = audit.catalogs_of(resource)
            _request(publication, status=Publication.Status.DELETED, by=by)
            audit.published(resource, before, by=by)


def clear(catalog: Catalog, *, by: Principal) -> None:
    """Take everything off `catalog`, in the caller's transaction, which deletes it."""
    for publication in catalog.publications.select_related("dataset__account", "visualisation__account"):
        _request(publication, status=Publication.Status.DELETED, by=by)


def request_updates(resource: Resource, *, by: Principal) -> None:
    """Have every catalogue that shows `resource` show it as it is now."""
    for publication in Publication.objects.about(resource).filter(status=Publication.Status.PUBLISHED):
        _request(publication, status=Publication.Status.WAITING, by=by)


def unpublish_everywhere(resource: Resource, *, by: Principal) -> int:
    """Take `resource` off all its catalogues; return how many of them showed it or were about to.

    What was drawn of a dataset is published on its own and stays where it is.
    """
    with transaction.atomic():
        _lock(resource)
        found = list(Publication.objects.about(resource))
        current_count = sum(publication.is_current for publication in found)
        for publication in found:
            _request(publication, status=Publication.Status.DELETED, by=by)
    return current_count


def process(publication: Publication) -> None:
    """Do at the catalogue what `publication` requests, and record how it ended.

    A remote catalogue is called outside any transaction. When two workers process the same request, one records it.
    """
    connector = catalogs.find(publication.catalog.kind)
    removing = publication.status == Publication.Status.DELETED
    try:
        if removing:
            connector.remove(publication)
            url = ""
        elif publication.published_at:
            url = connector.update(publication)
        else:
            url = connector.publish(publication)
    except catalogs.CatalogError as refusal:
        _record_failed(publication, reason=refusal.reason)
    else:
        _record_removed(publication) if removing else _record_published(publication, url=url)


def process_waiting() -> None:
    """Process what remote catalogues wait for, the oldest requests first, at most `BATCH_SIZE`."""
    waiting = Publication.objects.waiting().select_related(
        "catalog__account", "dataset__account", "visualisation__account"
    )
    for publication in waiting.order_by("requested_at")[:BATCH_SIZE]:
        process(publication)


def sweep() -> None:
    """Wake a worker if a request still waits, because its message was lost."""
    if Publication.objects.waiting().exists():
        wakeup.ask_to_publish()


def _publish(resource: Resource, *, catalog: Catalog, by: Principal) -> Publication:
    _check_owner(resource, catalog)
    fields = {"dataset" if isinstance(resource, Dataset) else "visualisation": resource}
    with transaction.atomic():
        current = _lock(resource)
        if current is None:
            raise NotPublishable
        if not current.is_public:
            raise NotPublic
        before = audit.catalogs_of(resource)
        publication, _created = Publication.objects.get_or_create(
            catalog=catalog, **fields, defaults={"requested_at": timezone.now()}
        )
        _request(publication, status=Publication.Status.WAITING, by=by)
        audit.published(resource, before, by=by)
    return publication


def _lock(resource: Resource) -> Resource | None:
    """Return `resource` as it is now, locked, so that it is not made private while it is being published."""
    if isinstance(resource, Dataset):
        return Dataset.objects.select_for_update().only("is_public").filter(pk=resource.pk).first()
    return Visualisation.objects.select_for_update().only("is_public").filter(pk=resource.pk).first()


def _request(publication: Publication, *, status: Publication.Status, by: Principal) -> None:
    """Save what is requested and by whom; process it at once, or wake the worker that calls a remote catalogue."""
    publication.status = status
    publication.error = ""
    publication.requested_by = by
    publication.requested_at = timezone.now()
    publication.save(
        update_fields=["status", "error", "requester_kind", "requester_id", "requester_name", "requested_at"]
    )
    if catalogs.find(publication.catalog.kind).remote:
        transaction.on_commit(wakeup.ask_to_publish, robust=True)
    else:
        process(publication)


def _record_published(publication: Publication, *, url: str) -> None:
    action = "updated" if publication.published_at else "created"
    done = {
        "status": Publication.Status.PUBLISHED,
        "error": "",
        "target_url": url,
        "published_at": publication.published_at or timezone.now(),
    }
    with transaction.atomic():
        if _if_unchanged(publication).update(**done):
            publication.refresh_from_db()
            _send_published(publication, action=action)


def _record_removed(publication: Publication) -> None:
    """Delete the publication; no removal is announced of what was never on the catalogue."""
    with transaction.atomic():
        if _if_unchanged(publication).delete()[0] and publication.published_at:
            _send_published(publication, action="removed")


def _record_failed(publication: Publication, *, reason: str | Promise) -> None:
    with transaction.atomic():
        with translation.override(publication.catalog.account.language):
            text = str(reason)[:MAX_ERROR_CHARS] or str(_("The catalog gave no reason."))
        if not _if_unchanged(publication).update(status=Publication.Status.ERROR, error=text):
            return
        publication.refresh_from_db()
        details = {"reason": reason, "by": publication.requested_by, "publication": publication}
        if publication.dataset:
            dataset_error.send(sender=Dataset, dataset=publication.dataset, **details)
        else:
            visualisation_error.send(sender=Visualisation, visualisation=publication.visualisation, **details)


def _if_unchanged(publication: Publication) -> models.QuerySet[Publication]:
    """Return the row, unless its request was already recorded as done or replaced by another."""
    request = {"status": publication.status, "requested_at": publication.requested_at}
    return Publication.objects.filter(pk=publication.pk, **request)


def _send_published(publication: Publication, *, action: str) -> None:
    details = {"publication": publication, "action": action, "by": publication.requested_by}
    if publication.dataset:
        dataset_published.send(sender=Dataset, dataset=publication.dataset, **details)
    else:
        visualisation_published.send(sender=Visualisation, visualisation=publication.visualisation, **details)


def _check_owner(resource: Resource, catalog: Catalog) -> None:
    if resource.account_id != catalog.account_id:
        raise ValueError("A catalogue publishes what belongs to its own account.")

"""Put datasets and visualisations on catalogues, renew what is there, take it away."""

from __future__ import annotations

from django.db import models, transaction
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.principal import Principal
from datasets import catalogs, wakeup
from datasets.models import Catalog, Dataset, Publication, Resource, Visualisation
from datasets.signals import dataset_error, dataset_published, visualisation_error, visualisation_published

MAX_ERROR_CHARS = 2_000
BATCH = 50


class NotPublishable(Exception):
    """This cannot be published now; `sentence` says why, in a language chosen when it is shown."""

    sentence = _("This cannot be published.")

    def __str__(self) -> str:
        return str(self.sentence)


class NotFinalized(NotPublishable):
    """There is no data, or no drawing, to show yet."""

    sentence = _("There is nothing to show yet: it can be published once its data is online.")


class NotPublic(NotPublishable):
    """It is private: a catalogue shows what everybody may see."""

    sentence = _("It is private: make it public first, then publish it.")


def publish_dataset(dataset: Dataset, *, catalog: Catalog, by: Principal) -> Publication:
    """Put `dataset` on `catalog`, or renew it there; raise `NotFinalized` or `NotPublic`."""
    if not dataset.has_data:
        raise NotFinalized
    return _publish(dataset, catalog=catalog, by=by)


def publish_visualisation(visualisation: Visualisation, *, catalog: Catalog, by: Principal) -> Publication:
    """Put `visualisation` on `catalog`, or renew it there; raise `NotFinalized` or `NotPublic`."""
    if visualisation.status != Visualisation.Status.CONFIGURED:
        raise NotFinalized
    return _publish(visualisation, catalog=catalog, by=by)


def unpublish_dataset(dataset: Dataset, *, catalog: Catalog, by: Principal) -> None:
    """Take `dataset` off `catalog`; nothing happens when it is not there."""
    _unpublish(dataset, catalog=catalog, by=by)


def unpublish_visualisation(visualisation: Visualisation, *, catalog: Catalog, by: Principal) -> None:
    """Take `visualisation` off `catalog`; nothing happens when it is not there."""
    _unpublish(visualisation, catalog=catalog, by=by)


def publish(resource: Resource, *, catalog: Catalog, by: Principal) -> Publication:
    """Publish a dataset or a visualisation, whichever it is."""
    if isinstance(resource, Dataset):
        return publish_dataset(resource, catalog=catalog, by=by)
    return publish_visualisation(resource, catalog=catalog, by=by)


def unpublish(resource: Resource, *, catalog: Catalog, by: Principal) -> None:
    """Un-publish a dataset or a visualisation, whichever it is."""
    _unpublish(resource, catalog=catalog, by=by)


def renew(resource: Resource, *, by: Principal) -> None:
    """Tell every catalogue that shows `resource` that it changed."""
    for publication in Publication.objects.about(resource).filter(status=Publication.Status.PUBLISHED):
        _ask(publication, status=Publication.Status.WAITING, by=by)


def withdraw(resource: Resource, *, by: Principal) -> None:
    """Take `resource` off every catalogue, and of a dataset also what is made of it: it is about to be deleted."""
    for publication in Publication.objects.about(resource):
        unpublish(resource, catalog=publication.catalog, by=by)
    if isinstance(resource, Dataset):
        for visualisation in Visualisation.objects.filter(dataset=resource):
            withdraw(visualisation, by=by)


def carry_out(publication: Publication) -> None:
    """Do at the catalogue what `publication` waits for, then tell how it ended.

    The catalogue is called first, in no transaction of ours when it is remote; of two that do it at once, one tells.
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
        _settle_failed(publication, reason=refusal.reason)
    else:
        _settle_removed(publication) if removing else _settle_published(publication, url=url)


def carry_out_waiting() -> None:
    """Carry out what remote catalogues wait for, the longest waiting first, a batch at most."""
    waiting = Publication.objects.waiting().select_related(
        "catalog__account", "dataset__account", "visualisation__account"
    )
    for publication in waiting.order_by("requested_at")[:BATCH]:
        carry_out(publication)


def sweep() -> None:
    """Ring again for what still waits."""
    if Publication.objects.waiting().exists():
        wakeup.ask_to_publish()


def _publish(resource: Resource, *, catalog: Catalog, by: Principal) -> Publication:
    _check_owner(resource, catalog)
    if not resource.is_public:
        raise NotPublic
    fields = {"dataset" if isinstance(resource, Dataset) else "visualisation": resource}
    with transaction.atomic():
        publication, _created = Publication.objects.get_or_create(
            catalog=catalog, **fields, defaults={"requested_at": timezone.now()}
        )
        _ask(publication, status=Publication.Status.WAITING, by=by)
    return publication


def _unpublish(resource: Resource, *, catalog: Catalog, by: Principal) -> None:
    _check_owner(resource, catalog)
    with transaction.atomic():
        publication = Publication.objects.about(resource).filter(catalog=catalog).first()
        if publication is not None:
            _ask(publication, status=Publication.Status.DELETED, by=by)


def _ask(publication: Publication, *, status: Publication.Status, by: Principal) -> None:
    """Note what is wanted and who wants it; do it at once, or wake the worker that calls a remote catalogue."""
    publication.status = status
    publication.error = ""
    publication.requester_kind, publication.requester_id, publication.requester_name = by.kind, by.id, by.name
    publication.requested_at = timezone.now()
    publication.save()
    if catalogs.find(publication.catalog.kind).remote:
        transaction.on_commit(wakeup.ask_to_publish, robust=True)
    else:
        carry_out(publication)


def _settle_published(publication: Publication, *, url: str) -> None:
    action = "updated" if publication.published_at else "created"
    done = {
        "status": Publication.Status.PUBLISHED,
        "error": "",
        "target_url": url,
        "published_at": publication.published_at or timezone.now(),
    }
    with transaction.atomic():
        if _as_asked(publication).update(**done):
            publication.refresh_from_db()
            _tell(publication, action=action)


def _settle_removed(publication: Publication) -> None:
    """Forget the publication; what never was on the catalogue is not told to have left it."""
    with transaction.atomic():
        if _as_asked(publication).delete()[0] and publication.published_at:
            _tell(publication, action="removed")


def _settle_failed(publication: Publication, *, reason: str | Promise) -> None:
    with transaction.atomic():
        with translation.override(publication.catalog.account.language):
            text = str(reason)[:MAX_ERROR_CHARS] or str(_("The catalog gave no reason."))
        if not _as_asked(publication).update(status=Publication.Status.ERROR, error=text):
            return
        publication.refresh_from_db()
        told = {"reason": reason, "by": publication.requested_by, "publication": publication}
        if publication.dataset:
            dataset_error.send(sender=Dataset, dataset=publication.dataset, **told)
        else:
            visualisation_error.send(sender=Visualisation, visualisation=publication.visualisation, **told)


def _as_asked(publication: Publication) -> models.QuerySet[Publication]:
    """Give the row, if nobody has settled it or asked for something else in the meantime."""
    asked = {"status": publication.status, "requested_at": publication.requested_at}
    return Publication.objects.filter(pk=publication.pk, **asked)


def _tell(publication: Publication, *, action: str) -> None:
    told = {"publication": publication, "action": action, "by": publication.requested_by}
    if publication.dataset:
        dataset_published.send(sender=Dataset, dataset=publication.dataset, **told)
    else:
        visualisation_published.send(sender=Visualisation, visualisation=publication.visualisation, **told)


def _check_owner(resource: Resource, catalog: Catalog) -> None:
    if resource.account_id != catalog.account_id:
        raise ValueError("A catalogue publishes what belongs to its own account.")

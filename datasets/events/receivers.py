"""Record an event for each signal of this app."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.principal import WORKER, Principal
from datasets import signals
from datasets.events.payloads import dataset_json, publication_json, resource_json
from datasets.events.types import TYPES
from datasets.models import Dataset, Publication, Resource, Visualisation
from datasets.types import Json
from webhooks.events import outbox, registry


def connect() -> None:
    """Register the event types and connect the signals."""
    for event_type in TYPES:
        registry.register(event_type)
    for signal, receiver in (
        (signals.dataset_created, _dataset_created),
        (signals.dataset_data_updated, _dataset_data_updated),
        (signals.dataset_finalized, _dataset_finalized),
        (signals.dataset_error, _dataset_error),
        (signals.dataset_published, _dataset_published),
        (signals.dataset_downloaded, _dataset_downloaded),
        (signals.dataset_downloaded_filter, _dataset_downloaded_filter),
        (signals.visualisation_created, _visualisation_created),
        (signals.visualisation_error, _visualisation_error),
        (signals.visualisation_published, _visualisation_published),
    ):
        signal.connect(receiver, dispatch_uid="events")


def _dataset_created(dataset: Dataset, by: Principal, **_signal: Any) -> None:
    _record("dataset.created", dataset, data=dataset_json(dataset), by=by)


def _dataset_data_updated(dataset: Dataset, by: Principal, **_signal: Any) -> None:
    _record("dataset.data_updated", dataset, data=dataset_json(dataset), by=by)


def _dataset_finalized(dataset: Dataset, **_signal: Any) -> None:
    _record("dataset.finalized", dataset, data=dataset_json(dataset), by=WORKER)


def _dataset_error(
    dataset: Dataset,
    reason: str | Promise,
    by: Principal,
    publication: Publication | None = None,
    **_signal: Any,
) -> None:
    data = dataset_json(dataset) | _publication_data(publication)
    _record("dataset.error", dataset, data=data, detail=_in_account_language(dataset, reason), by=by)


def _dataset_published(dataset: Dataset, publication: Publication, action: str, by: Principal, **_signal: Any) -> None:
    data = dataset_json(dataset) | {"publication": publication_json(publication, action)}
    _record("dataset.published", dataset, data=data, detail=_publication_detail(dataset, publication, action), by=by)


def _dataset_downloaded(dataset: Dataset, file: str, by: Principal, **_signal: Any) -> None:
    data = dataset_json(dataset) | {"download": {"file": file, "format": "csv"}}
    _record("dataset.downloaded", dataset, data=data, by=by)


def _dataset_downloaded_filter(dataset: Dataset, filters: dict[str, str], by: Principal, **_signal: Any) -> None:
    download = {"file": "lines", "format": "csv", "filters": filters}
    _record("dataset.downloaded_filter", dataset, data=dataset_json(dataset) | {"download": download}, by=by)


def _visualisation_created(visualisation: Visualisation, by: Principal, **_signal: Any) -> None:
    _record("visualisation.created", visualisation, data=resource_json(visualisation), by=by)


def _visualisation_error(
    visualisation: Visualisation,
    reason: str | Promise,
    by: Principal,
    publication: Publication | None = None,
    **_signal: Any,
) -> None:
    data = resource_json(visualisation) | _publication_data(publication)
    _record("visualisation.error", visualisation, data=data, detail=_in_account_language(visualisation, reason), by=by)


def _visualisation_published(
    visualisation: Visualisation, publication: Publication, action: str, by: Principal, **_signal: Any
) -> None:
    data = resource_json(visualisation) | {"publication": publication_json(publication, action)}
    detail = _publication_detail(visualisation, publication, action)
    _record("visualisation.published", visualisation, data=data, detail=detail, by=by)


def _record(event_type: str, resource: Resource, *, data: Json, by: Principal, detail: str = "") -> None:
    reference = outbox.Resource(
        type=registry.get(event_type).category,
        id=resource.slug,
        title=resource.title,
        page_path=resource.get_absolute_url(),
        api_path=resource.api_path,
    )
    outbox.record(event_type, account=resource.account, resource=reference, data=data, detail=detail, by=by)


def _publication_data(publication: Publication | None) -> Json:
    return {} if publication is None else {"publication": publication_json(publication)}


def _in_account_language(resource: Resource, reason: str | Promise) -> str:
    with translation.override(resource.account.language):
        return str(reason)


def _publication_detail(resource: Resource, publication: Publication, action: str) -> str:
    """Return what happened on the catalogue, in the language of the account; the wording is Data Fair's."""
    with translation.override(resource.account.language):
        text = {
            "created": _("New publication to %(catalog)s"),
            "updated": _("Publication updated to %(catalog)s"),
            "removed": _("Publication removed from %(catalog)s"),
        }[action]
        return text % {"catalog": publication.catalog.title}

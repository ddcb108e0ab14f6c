"""Turn the signals of this room into events: the one file that knows both sides."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.principal import WORKER, Principal
from datasets import signals
from datasets.events.payloads import (
    Json,
    Shown,
    ShownDataset,
    ShownPublication,
    dataset_json,
    publication_json,
    resource_json,
)
from datasets.events.types import TYPES
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


def _dataset_created(
    dataset: ShownDataset, by: Principal, **_signal: Any
) -> None:  # Any: Django's contract, throughout
    _record("dataset.created", dataset, data=dataset_json(dataset), by=by)


def _dataset_data_updated(dataset: ShownDataset, by: Principal, **_signal: Any) -> None:
    _record("dataset.data_updated", dataset, data=dataset_json(dataset), by=by)


def _dataset_finalized(dataset: ShownDataset, **_signal: Any) -> None:
    _record("dataset.finalized", dataset, data=dataset_json(dataset), by=WORKER)


def _dataset_error(
    dataset: ShownDataset,
    reason: str | Promise,
    by: Principal,
    publication: ShownPublication | None = None,
    **_signal: Any,
) -> None:
    data = dataset_json(dataset) | _failed(publication)
    _record("dataset.error", dataset, data=data, detail=_in_language_of(dataset, reason), by=by)


def _dataset_published(
    dataset: ShownDataset, publication: ShownPublication, action: str, by: Principal, **_signal: Any
) -> None:
    data = dataset_json(dataset) | {"publication": publication_json(publication, action)}
    _record("dataset.published", dataset, data=data, detail=_published(dataset, publication, action), by=by)


def _dataset_downloaded(dataset: ShownDataset, file: str, by: Principal, **_signal: Any) -> None:
    data = dataset_json(dataset) | {"download": {"file": file, "format": "csv"}}
    _record("dataset.downloaded", dataset, data=data, by=by)


def _dataset_downloaded_filter(dataset: ShownDataset, filters: dict[str, str], by: Principal, **_signal: Any) -> None:
    download = {"file": "lines", "format": "csv", "filters": filters}
    _record("dataset.downloaded_filter", dataset, data=dataset_json(dataset) | {"download": download}, by=by)


def _visualisation_created(visualisation: Shown, by: Principal, **_signal: Any) -> None:
    _record("visualisation.created", visualisation, data=resource_json(visualisation), by=by)


def _visualisation_error(
    visualisation: Shown,
    reason: str | Promise,
    by: Principal,
    publication: ShownPublication | None = None,
    **_signal: Any,
) -> None:
    data = resource_json(visualisation) | _failed(publication)
    _record("visualisation.error", visualisation, data=data, detail=_in_language_of(visualisation, reason), by=by)


def _visualisation_published(
    visualisation: Shown, publication: ShownPublication, action: str, by: Principal, **_signal: Any
) -> None:
    data = resource_json(visualisation) | {"publication": publication_json(publication, action)}
    detail = _published(visualisation, publication, action)
    _record("visualisation.published", visualisation, data=data, detail=detail, by=by)


def _record(event_type: str, subject: Shown, *, data: Json, by: Principal, detail: str = "") -> None:
    resource = outbox.Resource(
        type=registry.get(event_type).category,
        id=subject.slug,
        title=subject.title,
        page_path=subject.get_absolute_url(),
        api_path=subject.api_path,
    )
    outbox.record(event_type, account=subject.account, resource=resource, data=data, detail=detail, by=by)


def _failed(publication: ShownPublication | None) -> Json:
    return {} if publication is None else {"publication": publication_json(publication)}


def _in_language_of(subject: Shown, reason: str | Promise) -> str:
    with translation.override(subject.account.language):
        return str(reason)


def _published(subject: Shown, publication: ShownPublication, action: str) -> str:
    """Say what a catalogue did, in Data Fair's words and the account's language."""
    with translation.override(subject.account.language):
        sentence = {
            "created": _("New publication to %(catalog)s"),
            "updated": _("Publication updated to %(catalog)s"),
            "removed": _("Publication removed from %(catalog)s"),
        }[action]
        return sentence % {"catalog": publication.catalog.title}

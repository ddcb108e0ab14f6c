"""Create, change, share and delete visualisations."""

from __future__ import annotations

from dataclasses import dataclass, fields

from django.db import transaction

from accounts.models import Account
from accounts.principal import Principal
from datasets import slugs
from datasets.charts.spec import Chart
from datasets.models import Dataset, Visualisation
from datasets.services import audit, drawings, editing, publications
from datasets.services.audit import Action
from datasets.signals import visualisation_created

DETAIL_FIELDS = ["title", "description", "is_public"]
CHART_FIELDS = ["mark", "x", "y", "aggregate", "colour"]
DRAWN_FIELDS = {*CHART_FIELDS, "dataset"}
SHOWN_FIELDS = {*DRAWN_FIELDS, "title", "description"}
"""What a drawing shows; what the page of a catalogue shows."""


@dataclass(frozen=True, slots=True)
class VisualisationDetails:
    """Title, description and visibility of a visualisation: all of it but the chart."""

    title: str
    description: str = ""
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class VisualisationChanges:
    """What to change of a visualisation, field by field; what is None stays as it is."""

    title: str | None = None
    description: str | None = None
    is_public: bool | None = None
    dataset: Dataset | None = None
    mark: str | None = None
    x: str | None = None
    y: str | None = None
    aggregate: str | None = None
    colour: str | None = None


def create_visualisation(
    account: Account,
    *,
    details: VisualisationDetails,
    dataset: Dataset | None,
    chart: Chart,
    by: Principal,
    slug: str = "",
) -> Visualisation:
    """Create a visualisation of `dataset` and draw it if there is data; raise IntegrityError when `slug` is taken.

    Without a dataset, or a column for its x axis, it waits for a configuration.
    """
    _check_owner(account, dataset)

    visualisation = Visualisation(account=account, dataset=dataset, slug=slug)
    _fill(visualisation, details, chart)
    with transaction.atomic():
        if slug:
            visualisation.save(force_insert=True)
        else:
            slugs.insert_with_slug(visualisation, wanted=details.title, fallback="visualisation")
        audit.created(Action.VISUALISATION_CREATED, visualisation, by=by)
        visualisation_created.send(sender=Visualisation, visualisation=visualisation, by=by)
    drawings.draw(visualisation)
    return visualisation


def change_visualisation(visualisation: Visualisation, *, changes: VisualisationChanges, by: Principal) -> None:
    """Apply `changes`, draw it again if needed, and update its publications, or end them if it is private.

    Only what differs is written; `visualisation` is then as it is now. Raise `Visualisation.DoesNotExist` when it was
    deleted.
    """
    _check_owner(visualisation.account, changes.dataset)
    with transaction.atomic():
        current = editing.locked(visualisation)
        before = audit.values(current)
        changed = editing.assign(current, {field.name: getattr(changes, field.name) for field in fields(changes)})
        # An error is drawn again even when nothing changed: a page may have reported what no drawing can tell.
        if current.status == Visualisation.Status.ERROR or not DRAWN_FIELDS.isdisjoint(changed):
            current.revision += 1
            changed.append("revision")
        editing.save_changed(current, changed)
        if not current.is_public:
            publications.unpublish_everywhere(current, by=by)
        elif not SHOWN_FIELDS.isdisjoint(changed):
            publications.request_updates(current, by=by)
        audit.changed(Action.VISUALISATION_UPDATED, current, before, by=by)
    drawings.draw(visualisation)
    visualisation.refresh_from_db()


def share_visualisation(visualisation: Visualisation, *, public: bool, by: Principal) -> int:
    """Make it public or private; return the number of catalogues that a private one was taken off."""
    with transaction.atomic():
        current = editing.locked(visualisation)
        before = audit.values(current)
        editing.save_changed(current, editing.assign(current, {"is_public": public}))
        taken_off = 0 if public else publications.unpublish_everywhere(current, by=by)
        audit.changed(Action.VISUALISATION_SHARED, current, before, by=by)
    return taken_off


def delete_visualisation(visualisation: Visualisation, *, by: Principal) -> None:
    """Take it off its catalogues, then delete it with its drawings."""
    with transaction.atomic():
        try:
            current = editing.locked(visualisation)
        except Visualisation.DoesNotExist:
            return
        audit.deleted(Action.VISUALISATION_DELETED, current, audit.values(current), by=by)
        publications.unpublish_everywhere(visualisation, by=by)
        visualisation.delete()


def _fill(visualisation: Visualisation, details: VisualisationDetails, chart: Chart) -> None:
    for source, names in ((details, DETAIL_FIELDS), (chart, CHART_FIELDS)):
        for name in names:
            setattr(visualisation, name, getattr(source, name))


def _check_owner(account: Account, dataset: Dataset | None) -> None:
    if dataset is not None and dataset.account_id != account.pk:
        raise ValueError("A visualisation is of a dataset of its own account.")

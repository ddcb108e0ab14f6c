"""Draw visualisations, keep the drawings, and say once that one cannot be drawn any more."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils import timezone, translation

from accounts.principal import WORKER, Principal
from datasets import wakeup
from datasets.charts import spec
from datasets.charts.data import points_of as compute
from datasets.charts.table import caption_of, figures_of
from datasets.charts.theme import PALETTES
from datasets.models import Dataset, Drawing, Visualisation
from datasets.signals import visualisation_error

logger = logging.getLogger(__name__)

MAX_ERROR_CHARS = 2_000
SWEEP_BATCH = 50


def draw(visualisation: Visualisation) -> None:
    """Draw `visualisation` if its data or configuration changed since the last attempt, and refresh it.

    What cannot be drawn becomes its error, of which `visualisation_error` tells when it was not in error before.
    """
    visualisation.refresh_from_db()
    if not visualisation.is_stale or visualisation.dataset is None:
        return
    attempted = (visualisation.dataset.version, visualisation.revision)
    with translation.override(visualisation.account.language):
        try:
            points = points_of(visualisation.dataset, visualisation.chart)
            svgs = _render(visualisation, points)
        except spec.NotDrawable as refusal:
            _fail(visualisation, attempted, reason=str(refusal))
        else:
            _keep(visualisation, attempted, points=points, svgs=svgs)
    visualisation.refresh_from_db()


def redraw(dataset: Dataset) -> None:
    """Draw anew what is made of `dataset`."""
    for visualisation in Visualisation.objects.stale().filter(dataset=dataset):
        draw(visualisation)


def sweep() -> None:
    """Ring again for the datasets whose charts a lost message left as they were."""
    stale = Visualisation.objects.stale().order_by("dataset").values_list("dataset", flat=True).distinct()
    for dataset_id in stale[:SWEEP_BATCH]:
        wakeup.ask_to_redraw(dataset_id)


def report_error(visualisation: Visualisation, *, message: str, by: Principal) -> None:
    """Put in error what a page that shows it found not to work; told once, until it is drawn again."""
    with transaction.atomic():
        _put_in_error(visualisation, reason=message, by=by)
    visualisation.refresh_from_db()


def note_draft_error(visualisation: Visualisation, *, message: str) -> None:
    """Keep what a page found not to work in a configuration that is not saved yet: it is no event."""
    noted = message.replace("\x00", "\ufffd")[:MAX_ERROR_CHARS]
    Visualisation.objects.filter(pk=visualisation.pk).update(draft_error=noted)
    visualisation.refresh_from_db(fields=["draft_error"])


def columns_of(dataset: Dataset) -> dict[str, str]:
    """Give the columns of the data served: their names in the table, and those that people know."""
    return {
        column["key"]: column.get("title") or column.get("x-originalName") or column["key"]
        for column in dataset.columns
    }


def points_of(dataset: Dataset, chart: spec.Chart) -> spec.Points:
    """Give what `chart` shows of the data that `dataset` serves; raise `spec.NotDrawable`."""
    return compute(dataset.table_path, chart, titles=columns_of(dataset))


def preview(dataset: Dataset, chart: spec.Chart, *, language: str) -> tuple[dict[str, str], str]:
    """Give the SVG of a chart that is not kept, by theme, and what it leaves out; raise `spec.NotDrawable`."""
    points = points_of(dataset, chart)
    svgs = {
        theme: spec.draw(spec.specification(chart, points, palette=palette), language=language)
        for theme, palette in PALETTES.items()
    }
    return svgs, points.note


def _render(visualisation: Visualisation, points: spec.Points) -> list[Drawing]:
    """Give the drawings, one for each theme and size."""
    chart, language = visualisation.chart, visualisation.account.language
    return [
        Drawing(
            visualisation=visualisation,
            theme=theme,
            size=size,
            svg=spec.draw(spec.specification(chart, points, palette=palette, size=size), language=language),
        )
        for theme, palette in PALETTES.items()
        for size in spec.WIDTH_PX
    ]


def _still_as_attempted(visualisation: Visualisation, attempted: tuple[int, int]) -> bool:
    """Lock the row and tell whether what was attempted is still what is wanted, and nobody else has settled it."""
    locked = Visualisation.objects.select_for_update(of=("self",)).select_related("dataset")
    now = locked.get(pk=visualisation.pk)
    return now.is_stale and now.dataset is not None and (now.dataset.version, now.revision) == attempted


def _keep(
    visualisation: Visualisation, attempted: tuple[int, int], *, points: spec.Points, svgs: list[Drawing]
) -> None:
    with transaction.atomic():
        if not _still_as_attempted(visualisation, attempted):
            return
        Drawing.objects.filter(visualisation=visualisation).delete()
        Drawing.objects.bulk_create(svgs)
        Visualisation.objects.filter(pk=visualisation.pk).update(
            status=Visualisation.Status.CONFIGURED,
            error="",
            draft_error="",
            caption=caption_of(points)[:700],
            note=points.note,
            figures=figures_of(points),
            drawn_version=attempted[0],
            drawn_revision=attempted[1],
        )


def _fail(visualisation: Visualisation, attempted: tuple[int, int], *, reason: str) -> None:
    with transaction.atomic():
        if not _still_as_attempted(visualisation, attempted):
            return
        Visualisation.objects.filter(pk=visualisation.pk).update(
            drawn_version=attempted[0], drawn_revision=attempted[1]
        )
        _put_in_error(visualisation, reason=reason, by=WORKER)


def _put_in_error(visualisation: Visualisation, *, reason: str, by: Principal) -> None:
    """Set the error; only the transition is an event, however many come at once."""
    reason = reason.replace("\x00", "\ufffd")[:MAX_ERROR_CHARS]
    row = Visualisation.objects.filter(pk=visualisation.pk)
    in_error = {"status": Visualisation.Status.ERROR, "error": reason}
    if row.exclude(status=Visualisation.Status.ERROR).update(**in_error, updated_at=timezone.now()):
        visualisation.refresh_from_db()
        visualisation_error.send(sender=Visualisation, visualisation=visualisation, reason=reason, by=by)
    else:
        row.update(error=reason)

"""Draw visualisations, store the drawings, and record which ones cannot be drawn any more."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.principal import WORKER, Principal
from datasets import wakeup
from datasets.charts import data, spec
from datasets.charts.table import build_caption, build_figures
from datasets.charts.theme import PALETTES
from datasets.models import Dataset, Drawing, Visualisation
from datasets.signals import visualisation_error

logger = logging.getLogger(__name__)

MAX_ERROR_CHARS = 2_000
MAX_CAPTION_CHARS = 700
SWEEP_BATCH_SIZE = 50


def draw(visualisation: Visualisation) -> None:
    """Draw `visualisation` if its data or chart changed since the last attempt, and refresh it.

    When it cannot be drawn, it becomes in error; `visualisation_error` is sent unless it was in error before.
    """
    visualisation.refresh_from_db()
    if not visualisation.is_stale or visualisation.dataset is None:
        return
    attempted = (visualisation.dataset.version, visualisation.revision)
    with translation.override(visualisation.account.language):
        try:
            points = compute_points(visualisation.dataset, visualisation.chart)
            svgs = _render(visualisation, points)
        except spec.NotDrawable as refusal:
            _save_failure(visualisation, attempted, reason=str(refusal))
        except Exception:
            # The same data would fail the same way: without an error, the sweep would ask for it again for ever.
            logger.exception("visualisation %s could not be drawn", visualisation.slug)
            _save_failure(visualisation, attempted, reason=_("The service failed while it drew this chart."))
        else:
            _save_drawings(visualisation, attempted, points=points, svgs=svgs)
    visualisation.refresh_from_db()


def redraw(dataset: Dataset) -> None:
    """Draw the visualisations of `dataset` whose data or chart changed."""
    for visualisation in Visualisation.objects.stale().filter(dataset=dataset):
        draw(visualisation)


def sweep() -> None:
    """Wake a worker for the datasets with charts that are out of date, because a message was lost."""
    stale = Visualisation.objects.stale().order_by("dataset").values_list("dataset", flat=True).distinct()
    for dataset_id in stale[:SWEEP_BATCH_SIZE]:
        wakeup.ask_to_redraw(dataset_id)


def report_error(visualisation: Visualisation, *, message: str, by: Principal) -> None:
    """Record an error that a page which shows it has met; it stays until the next drawing that succeeds."""
    with transaction.atomic():
        _set_error(visualisation, reason=message, by=by)
    visualisation.refresh_from_db()


def record_draft_error(visualisation: Visualisation, *, message: str) -> None:
    """Record an error that a page has met in a configuration that is not saved yet: no signal is sent."""
    Visualisation.objects.filter(pk=visualisation.pk).update(draft_error=_clean(message))
    visualisation.refresh_from_db(fields=["draft_error"])


def column_titles(dataset: Dataset) -> dict[str, str]:
    """Return the title of each column of the data served, by its key."""
    return {
        column["key"]: column.get("title") or column.get("x-originalName") or column["key"]
        for column in dataset.columns
    }


def compute_points(dataset: Dataset, chart: spec.Chart) -> spec.Points:
    """Return what `chart` shows of the data that `dataset` serves; raise `spec.NotDrawable`."""
    return data.compute_points(dataset.table_path, chart, titles=column_titles(dataset))


def preview(dataset: Dataset, chart: spec.Chart, *, language: str) -> tuple[dict[str, str], str]:
    """Return the SVG of a chart that is not stored, by theme, and its footnote; raise `spec.NotDrawable`."""
    points = compute_points(dataset, chart)
    svgs = {
        theme: spec.render_svg(spec.build_specification(chart, points, palette=palette), language=language)
        for theme, palette in PALETTES.items()
    }
    return svgs, points.footnote


def _render(visualisation: Visualisation, points: spec.Points) -> list[Drawing]:
    """Return the drawings, one for each theme and size."""
    chart, language = visualisation.chart, visualisation.account.language
    return [
        Drawing(
            visualisation=visualisation,
            theme=theme,
            size=size,
            svg=spec.render_svg(spec.build_specification(chart, points, palette=palette, size=size), language=language),
        )
        for theme, palette in PALETTES.items()
        for size in spec.WIDTH_PX
    ]


def _lock_if_current(visualisation: Visualisation, attempted: tuple[int, int]) -> bool:
    """Lock the row; return whether its data and chart are still those attempted and nobody else has drawn them."""
    locked = Visualisation.objects.select_for_update(of=("self",)).select_related("dataset")
    current = locked.get(pk=visualisation.pk)
    if current.dataset is None or not current.is_stale:
        return False
    return (current.dataset.version, current.revision) == attempted


def _save_drawings(
    visualisation: Visualisation, attempted: tuple[int, int], *, points: spec.Points, svgs: list[Drawing]
) -> None:
    with transaction.atomic():
        if not _lock_if_current(visualisation, attempted):
            return
        Drawing.objects.filter(visualisation=visualisation).delete()
        Drawing.objects.bulk_create(svgs)
        Visualisation.objects.filter(pk=visualisation.pk).update(
            status=Visualisation.Status.CONFIGURED,
            error="",
            draft_error="",
            caption=build_caption(points)[:MAX_CAPTION_CHARS],
            footnote=points.footnote,
            figures=build_figures(points),
            drawn_version=attempted[0],
            drawn_revision=attempted[1],
        )


def _save_failure(visualisation: Visualisation, attempted: tuple[int, int], *, reason: str) -> None:
    with transaction.atomic():
        if not _lock_if_current(visualisation, attempted):
            return
        Visualisation.objects.filter(pk=visualisation.pk).update(
            drawn_version=attempted[0], drawn_revision=attempted[1]
        )
        _set_error(visualisation, reason=reason, by=WORKER)


def _set_error(visualisation: Visualisation, *, reason: str, by: Principal) -> None:
    """Set the error; the signal is sent only when it was not in error before, however many processes do it at once."""
    reason = _clean(reason)
    row = Visualisation.objects.filter(pk=visualisation.pk)
    in_error = {"status": Visualisation.Status.ERROR, "error": reason}
    if row.exclude(status=Visualisation.Status.ERROR).update(**in_error, updated_at=timezone.now()):
        visualisation.refresh_from_db()
        visualisation_error.send(sender=Visualisation, visualisation=visualisation, reason=reason, by=by)
    else:
        row.update(error=reason)


def _clean(message: str) -> str:
    """Return `message` shortened, without the NUL characters that PostgreSQL refuses."""
    return message.replace("\x00", "\ufffd")[:MAX_ERROR_CHARS]

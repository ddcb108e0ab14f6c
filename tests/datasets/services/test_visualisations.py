"""Visualisations are drawn when they or their data change, and what cannot be drawn is told once."""

from contextlib import closing

import pytest
import vl_convert
from celery import current_app
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.principal import WORKER
from datasets import signals, tasks
from datasets.charts.spec import Chart
from datasets.models import Dataset, Drawing, Visualisation
from datasets.services import drawings, publications
from datasets.services.catalogs import create_catalog
from datasets.services.visualisations import (
    VisualisationChanges,
    VisualisationDetails,
    change_visualisation,
    create_visualisation,
    delete_visualisation,
)
from tests.datasets.charting import AREAS
from tests.datasets.conftest import ALICE
from webhooks.models import Event


def told(event_type: str = "visualisation.error") -> list[str]:
    return list(Event.objects.filter(type=event_type).order_by("sequence").values_list("detail", flat=True))


def change(visualisation: Visualisation, **changes) -> None:
    change_visualisation(visualisation, changes=VisualisationChanges(**changes), by=ALICE)


def test_a_new_visualisation_is_an_event_and_is_drawn_at_once(dataset, serve, visualise):
    visualisation = visualise(serve(dataset, AREAS), Chart("bar", "area"), title="Arbres par quartier")
    assert (visualisation.slug, visualisation.status) == ("arbres-par-quartier", "configured")
    event = Event.objects.get(type="visualisation.created")
    assert (event.resource_id, event.resource_page_url) == (
        "arbres-par-quartier",
        "http://testserver/visualisation/arbres-par-quartier",
    )
    kept = Drawing.objects.filter(visualisation=visualisation)
    assert {(d.theme, d.size) for d in kept} == {
        ("light", "wide"),
        ("light", "narrow"),
        ("dark", "wide"),
        ("dark", "narrow"),
    }
    assert all(d.svg.startswith("<svg") and "Centre" in d.svg for d in kept)


def test_titles_that_meet_get_addresses_of_their_own(dataset, serve, visualise):
    serve(dataset, AREAS)
    assert [visualise(dataset, Chart("bar", "area")).slug for _ in range(3)] == ["trees", "trees-2", "trees-3"]


def test_a_chosen_address_that_is_taken_is_refused(dataset, city, visualise):
    visualise(dataset, Chart("bar", "area"))
    with pytest.raises(IntegrityError), transaction.atomic():
        create_visualisation(
            city, details=VisualisationDetails("x"), dataset=dataset, chart=Chart(), by=ALICE, slug="trees"
        )


def test_a_visualisation_is_of_a_dataset_of_its_own_account(dataset, cast):
    with pytest.raises(ValueError, match="own account"):
        create_visualisation(
            cast.bob.accounts.get(), details=VisualisationDetails("x"), dataset=dataset, chart=Chart(), by=ALICE
        )


def test_it_waits_for_data_and_for_a_configuration(dataset, serve, visualise):
    Dataset.objects.update(version=0, status="created")
    dataset.refresh_from_db()
    early = visualise(dataset, Chart("bar", "area"))
    serve(dataset, AREAS)
    empty = visualise(dataset, Chart())
    assert (early.status, empty.status) == ("created", "created")
    drawings.redraw(dataset)
    early.refresh_from_db()
    empty.refresh_from_db()
    assert (early.status, empty.status) == ("configured", "created")
    assert told() == []


def test_a_column_that_is_gone_is_one_error_with_its_reason(drawn, dataset, serve):
    serve(dataset, "SELECT 1 AS height")
    for _ in range(3):
        drawings.redraw(dataset)
        drawings.draw(drawn)
    assert told() == ["The column “area” is no longer in the data."]
    assert (drawn.status, drawn.error) == ("error", "The column “area” is no longer in the data.")
    assert Event.objects.get(type="visualisation.error").data["status"] == "error"


def test_a_drawing_that_fails_unexpectedly_is_an_error_and_not_tried_for_ever(drawn, dataset, serve, monkeypatch):
    def fail(*_arguments, **_options):
        raise ValueError("the renderer is broken")

    monkeypatch.setattr(vl_convert, "vegalite_to_svg", fail)
    serve(dataset, "SELECT 'x' AS area")
    drawings.redraw(dataset)
    assert told() == ["The service failed while it drew this chart."]
    assert not Visualisation.objects.stale().exists()


def test_still_in_error_for_another_reason_is_not_told_again(drawn, dataset, serve):
    serve(dataset, "SELECT 1 AS height")
    drawings.draw(drawn)
    serve(dataset, "SELECT NULL AS area WHERE false")
    drawings.draw(drawn)
    assert (drawn.error, len(told())) == ("No row has a value to show.", 1)


def test_the_next_drawing_clears_the_error_and_the_next_error_is_told(drawn, dataset, serve):
    for query in ("SELECT 1 AS height", AREAS, "SELECT 2 AS height"):
        serve(dataset, query)
        drawings.draw(drawn)
        assert (drawn.status == "error") == ("area" not in query)
    assert len(told()) == 2


def test_the_old_drawing_stays_while_it_is_in_error(drawn, dataset, serve):
    before = Drawing.objects.get(visualisation=drawn, theme="light", size="wide").svg
    serve(dataset, "SELECT 1 AS height")
    drawings.draw(drawn)
    assert Drawing.objects.get(visualisation=drawn, theme="light", size="wide").svg == before


def test_a_new_configuration_is_drawn_and_mends_an_error(drawn, dataset, serve):
    serve(dataset, "SELECT 'x' AS kind")
    drawings.draw(drawn)
    change(drawn, x="kind")
    assert (drawn.status, drawn.error) == ("configured", "")
    assert ">x<" in Drawing.objects.get(visualisation=drawn, theme="light", size="wide").svg


def test_words_alone_do_not_draw_again(drawn):
    before = set(Drawing.objects.values_list("pk", flat=True))
    change(drawn, title="Another title")
    assert set(Drawing.objects.values_list("pk", flat=True)) == before


def test_a_change_renews_its_publications(drawn, city):
    publications.publish_visualisation(drawn, catalog=create_catalog(city, title="C", by=ALICE), by=ALICE)
    change(drawn, title="Another title")
    change(drawn)
    assert told("visualisation.published") == ["New publication to C", "Publication updated to C"]


def test_two_workers_that_fail_at_once_tell_one_error(drawn, dataset, serve):
    serve(dataset, "SELECT 1 AS height")
    both = [Visualisation.objects.get(pk=drawn.pk) for _ in range(2)]
    for visualisation in both:
        drawings._save_failure(visualisation, (dataset.version, 1), reason="The column is gone.")
    assert told() == ["The column is gone."]


def test_a_drawing_of_data_that_was_replaced_meanwhile_is_dropped(drawn, dataset, serve):
    serve(dataset, "SELECT 'old' AS area")
    drawn.refresh_from_db()
    points, attempted = drawings.compute_points(drawn.dataset, drawn.chart), (dataset.version, 1)
    svgs = drawings._render(drawn, points)
    serve(dataset, "SELECT 'new' AS area")
    drawings._save_drawings(drawn, attempted, points=points, svgs=svgs)
    assert ">old<" not in Drawing.objects.get(visualisation=drawn, theme="light", size="wide").svg
    drawings.redraw(dataset)
    assert ">new<" in Drawing.objects.get(visualisation=drawn, theme="light", size="wide").svg


def test_a_page_reports_an_error_once_until_it_is_drawn_again(drawn, dataset, serve):
    drawings.report_error(drawn, message="Script\x00 error", by=ALICE)
    drawings.report_error(drawn, message="Another", by=ALICE)
    assert told() == ["Script\ufffd error"]
    assert (drawn.status, drawn.error) == ("error", "Another")
    drawings.draw(drawn)
    assert drawn.status == "error"
    change(drawn)
    assert (drawn.status, drawn.error) == ("configured", "")


@pytest.mark.django_db(transaction=True)
def test_finalized_data_wakes_a_worker_that_draws(drawn, dataset, serve):
    serve(dataset, "SELECT 'fresh' AS area")
    with current_app.connection_for_read() as broker, closing(broker.SimpleQueue("ingest")) as queue:
        queue.clear()
        with transaction.atomic():
            signals.dataset_finalized.send(sender=Dataset, dataset=dataset, by=WORKER)
            with pytest.raises(queue.Empty):
                queue.get_nowait()
        drawings.sweep()
        messages = [queue.get(timeout=5) for _ in range(2)]
        for message in messages:
            message.ack()
    assert [(m.headers["task"], m.payload[0]) for m in messages] == [("datasets.tasks.redraw", [dataset.pk])] * 2
    tasks.redraw(dataset.pk)
    assert ">fresh<" in Drawing.objects.get(visualisation=drawn, theme="light", size="wide").svg


def test_a_dataset_that_is_gone_is_nothing_to_draw(db):
    tasks.redraw(404)


def test_deleting_takes_it_off_its_catalogs(drawn, city):
    publications.publish_visualisation(drawn, catalog=create_catalog(city, title="C", by=ALICE), by=ALICE)
    delete_visualisation(drawn, by=ALICE)
    assert told("visualisation.published") == ["New publication to C", "Publication removed from C"]
    assert not Visualisation.objects.exists()
    assert not Drawing.objects.exists()


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("visualisation_status_known", {"status": "odd"}),
        ("visualisation_error_has_a_reason", {"status": "error"}),
        ("visualisation_error_has_a_reason", {"error": "x"}),
        ("visualisation_drawn_as_it_was_configured", {"drawn_revision": 9}),
    ],
)
def test_the_database_refuses_what_makes_no_sense(drawn, constraint, changes):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Visualisation.objects.filter(pk=drawn.pk).update(updated_at=timezone.now(), **changes)

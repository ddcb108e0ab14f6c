"""The pages of visualisations: who sees what, how one is made without JavaScript, what strangers' words become."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from datasets.charts.spec import Chart
from datasets.models import Dataset, Visualisation
from datasets.services import drawings
from tests.datasets.charting import AREAS
from webhooks.models import Event

FORM = {
    "title": "Trees",
    "mark": "bar",
    "x": "area",
    "aggregate": "sum",
    "y": "height",
    "colour": "",
    "description": "So",
}


@pytest.fixture
def served(dataset, serve) -> Dataset:
    return serve(dataset, AREAS)


def text_of(answer) -> str:
    return answer.content.decode()


def test_a_contributor_makes_one_without_javascript(cast, sign_in, served):
    carl = sign_in(cast.carl)
    assert "Cities" in text_of(carl.get(reverse("datasets:visualisation_create")))
    here = reverse("datasets:visualisation_create") + "?dataset=cities"
    assert 'value="area" selected' in text_of(carl.get(here))
    answer = carl.post(here, FORM)
    visualisation = Visualisation.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, "/visualisation/trees")
    assert (visualisation.status, visualisation.description) == ("configured", "So")
    assert Event.objects.get(type="visualisation.created").origin_name == "Carl"
    page = text_of(carl.get("/visualisation/trees"))
    assert "Sum of height by area" in page
    assert "A new visualisation was created" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": ""}, "This field is required."),
        ({"x": ""}, "This field is required."),
        ({"x": "gone"}, "Select a valid choice."),
        ({"y": ""}, "Choose the column of the vertical axis."),
        ({"aggregate": "none"}, "Only points can show each row"),
        ({"mark": "<script>"}, "Select a valid choice."),
    ],
)
def test_a_form_that_cannot_be_drawn_comes_back_with_the_reason(cast, sign_in, served, changes, sentence):
    answer = sign_in(cast.carl).post(reverse("datasets:visualisation_create") + "?dataset=cities", FORM | changes)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not Visualisation.objects.exists()


def test_the_preview_draws_what_the_form_says_or_says_why_not(cast, sign_in, served):
    carl = sign_in(cast.carl)
    ask = {"dataset": "cities", "mark": "bar", "x": "area", "aggregate": "count"}
    good = text_of(carl.get(reverse("datasets:visualisation_preview"), ask))
    assert good.count("data:image/svg+xml;base64,") == 2
    bad = text_of(carl.get(reverse("datasets:visualisation_preview"), ask | {"aggregate": "sum"}))
    assert "Choose the column of the vertical axis." in bad
    assert "Choose the columns to see the chart." in text_of(
        carl.get(reverse("datasets:visualisation_preview"), ask | {"x": ""})
    )
    assert not Visualisation.objects.exists()


def test_configuring_changes_words_and_chart(cast, sign_in, served, drawn):
    carl = sign_in(cast.carl)
    here = reverse("datasets:visualisation_configure", args=[drawn.slug])
    assert 'value="Trees"' in text_of(carl.get(here))
    assert carl.post(here, FORM | {"title": "Taller trees", "mark": "arc"}).status_code == 302
    drawn.refresh_from_db()
    assert (drawn.title, drawn.chart, drawn.is_public) == ("Taller trees", Chart("arc", "area", "height", "sum"), True)


def test_one_without_a_dataset_chooses_it_first(cast, sign_in, served, city, visualise):
    visualise(served, Chart("bar", "area"))
    Visualisation.objects.update(dataset=None, x="", drawn_version=0, drawn_revision=0, status="created")
    carl = sign_in(cast.carl)
    here = reverse("datasets:visualisation_configure", args=["trees"])
    assert f"{here}?dataset=cities" in text_of(carl.get(here))
    assert carl.post(f"{here}?dataset=cities", FORM).status_code == 302
    assert Visualisation.objects.get().dataset == served


ACTS = ["visualisation_configure", "visualisation_delete", "visualisation_share", "publish_visualisation"]


def test_a_reader_reads_and_changes_nothing(cast, sign_in, drawn):
    ursula = sign_in(cast.ursula)
    assert "New visualisation" not in text_of(ursula.get(reverse("datasets:visualisations")))
    page = text_of(ursula.get(drawn.get_absolute_url()))
    assert "Number of rows by area" in page
    assert "Journal" not in page
    assert ursula.post(reverse("datasets:visualisation_create") + "?dataset=cities", FORM).status_code == 403
    for name in ACTS:
        assert ursula.post(reverse(f"datasets:{name}", args=[drawn.slug])).status_code == 403, name
    assert Visualisation.objects.count() == 1


def test_what_belongs_to_another_account_does_not_exist(cast, sign_in, served, drawn):
    Visualisation.objects.update(is_public=False)
    bob = sign_in(cast.bob)
    for path in (drawn.get_absolute_url(), reverse("datasets:visualisation_chart", args=[drawn.slug])):
        assert bob.get(path).status_code == 404
    for name in ACTS:
        assert bob.post(reverse(f"datasets:{name}", args=[drawn.slug])).status_code == 404, name
    assert bob.get(reverse("datasets:visualisation_preview"), {"dataset": "cities"}).status_code == 404
    assert bob.get(reverse("datasets:visualisation_create"), {"dataset": "cities"}).status_code == 404
    assert "Trees" not in text_of(bob.get(reverse("datasets:visualisations")))


def test_a_visitor_sees_a_public_one_and_nothing_of_how_it_is_made(client: Client, drawn, served):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = text_of(client.get(drawn.get_absolute_url()))
    assert "Number of rows by area" in page
    assert "Open data of Ville" in page
    for hidden in ("Journal", "Publications", "Configure", "/dataset/cities"):
        assert hidden not in page
    Visualisation.objects.update(is_public=False)
    assert client.get(drawn.get_absolute_url()).status_code == 404
    assert client.get(reverse("datasets:visualisations")).status_code == 302


def test_a_visitor_is_not_told_why_it_cannot_be_drawn(client, cast, sign_in, drawn, dataset, serve):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    serve(dataset, "SELECT 1 AS height")
    drawings.redraw(dataset)
    assert "no longer in the data" not in text_of(client.get(drawn.get_absolute_url()))
    assert "no longer in the data" in text_of(sign_in(cast.ursula).get(drawn.get_absolute_url()))
    assert Event.objects.filter(type="visualisation.error").count() == 1


def test_sharing_is_a_switch(cast, sign_in, drawn, client):
    carl = sign_in(cast.carl)
    carl.post(reverse("datasets:visualisation_share", args=[drawn.slug]), {"public": "no"})
    assert client.get(drawn.get_absolute_url()).status_code == 404
    carl.post(reverse("datasets:visualisation_share", args=[drawn.slug]), {"public": "yes"})
    assert client.get(drawn.get_absolute_url()).status_code == 200


def test_deleting_asks_first(cast, sign_in, drawn):
    alice = sign_in(cast.alice)
    here = reverse("datasets:visualisation_delete", args=[drawn.slug])
    assert "Delete this visualisation?" in text_of(alice.get(here))
    assert text_of(alice.get(here, headers={"HX-Request": "true"})).lstrip().startswith('<div class="dialog-head">')
    assert Visualisation.objects.exists()
    assert alice.post(here)["Location"] == reverse("datasets:visualisations")
    assert not Visualisation.objects.exists()


def test_a_contributor_deletes_it_neither_by_the_page_nor_by_the_api(cast, sign_in, drawn):
    carl = sign_in(cast.carl)
    here = reverse("datasets:visualisation_delete", args=[drawn.slug])
    answers = [carl.post(here), carl.delete(f"/api/v1/applications/{drawn.slug}")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert here not in text_of(carl.get(drawn.get_absolute_url()))
    assert Visualisation.objects.exists()


def test_the_picture_is_an_image_that_may_do_nothing(client, drawn):
    here = reverse("datasets:visualisation_chart", args=[drawn.slug])
    answer = client.get(here)
    assert answer["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert answer["Content-Security-Policy"].startswith("default-src 'none';")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert text_of(answer).startswith("<svg")
    assert text_of(client.get(here, {"theme": "dark", "size": "narrow"})) != text_of(answer)
    assert client.get(here, {"theme": "../etc"}).status_code == 404
    assert "attachment" in client.get(here, {"download": ""})["Content-Disposition"]


def test_the_picture_is_sent_again_only_when_it_changed(client, drawn, dataset, serve):
    here = reverse("datasets:visualisation_chart", args=[drawn.slug])
    first = client.get(here, {"v": drawn.drawn_key})
    assert first["Cache-Control"] == "private, max-age=86400"
    assert client.get(here)["Cache-Control"] == "private, no-cache"
    assert client.get(here, headers={"If-None-Match": first["ETag"]}).status_code == 304
    serve(dataset, "SELECT 'new' AS area")
    drawings.redraw(dataset)
    assert client.get(here, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_visitor_is_told_that_one_which_was_never_drawn_cannot_be_shown(client, dataset, serve, visualise):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    broken = visualise(serve(dataset, AREAS), Chart("bar", "gone"), is_public=True)
    page = text_of(client.get(broken.get_absolute_url()))
    assert "This chart cannot be shown at the moment" in page
    assert "no longer in the data" not in page


HOSTILE = """"><script>alert('x')</script>{{ 7919*7919 }}"""


def test_hostile_titles_columns_and_values_stay_text(cast, sign_in, dataset, serve, visualise):
    name, value = HOSTILE.replace('"', '""'), HOSTILE.replace("'", "''")
    serve(dataset, f"""SELECT '{value}' AS "{name}" """)
    Dataset.objects.update(title=HOSTILE)
    visualisation = visualise(dataset, Chart("bar", HOSTILE), title=HOSTILE, is_public=True)
    carl = sign_in(cast.carl)
    for path in (
        reverse("datasets:visualisations"),
        visualisation.get_absolute_url(),
        reverse("datasets:visualisation_configure", args=[visualisation.slug]),
        reverse("datasets:visualisation_create") + "?dataset=cities",
        reverse("datasets:visualisation_create"),
    ):
        page = text_of(carl.get(path))
        assert "alert(" in page, path
        assert "<script>alert" not in page, path
        assert not re.search(r"\b62710561\b", page), path


def test_searching_gives_htmx_the_results_alone(cast, sign_in, served, visualise):
    for title in ("Trees", "Roads"):
        visualise(served, Chart("bar", "area"), title=title)
    carl = sign_in(cast.carl)
    found = text_of(carl.get(reverse("datasets:visualisations"), {"q": "roa cit"}, headers={"HX-Request": "true"}))
    assert "Roads" in found
    assert "Trees" not in found
    assert "<html" not in found
    assert "No visualisation matches" in text_of(carl.get(reverse("datasets:visualisations"), {"q": "sea"}))


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_a_list_of_fifty_costs_as_much_as_a_list_of_one(cast, sign_in, served, drawn):
    carl = sign_in(cast.carl)
    one = queries(carl, reverse("datasets:visualisations"))
    copies = [Visualisation.objects.get(pk=drawn.pk) for _ in range(49)]
    for number, copy in enumerate(copies):
        copy.pk, copy.slug = None, f"copy-{number}"
    Visualisation.objects.bulk_create(copies)
    assert queries(carl, reverse("datasets:visualisations")) == one

"""The page of a dataset: whole for its members, data alone for the public, nothing for the others."""

import re

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from datasets.files.ingest import ingest
from datasets.models import Dataset, Visualisation
from datasets.services.datasets import replace_data
from tests.datasets.conftest import ALICE

CITIES = "ville;habitants;littoral;fondée\nSaint-Malo;47255;true;0575-01-01\nRennes;225081;false;\n".encode()
ACTS = ("edit", "share", "replace", "delete")
HOSTILE = b'id;<script>alert(1)</script>\n1;"<img src=x onerror=alert(2)>"\n2;"{{ 7|add:7 }}"\n'


def _text(answer):
    return answer.content.decode()


@pytest.fixture
def cities(ingested) -> Dataset:
    return ingested(CITIES, title="Villes de Bretagne")


def test_a_reader_sees_the_rows_the_columns_and_the_file(sign_in, ursula, cities):
    page = _text(sign_in(ursula).get("/dataset/villes-de-bretagne"))

    assert re.findall(r"<td[^>]*>([^<]*)</td>", page)[:8] == [
        *("Saint-Malo", "47255", "yes", "0575-01-01"),
        *("Rennes", "225081", "no", ""),
    ]
    assert re.findall(r'<th scope="row">([^<]*)</th><td><code>([^<]*)</code>', page) == [
        ("ville", "ville"),
        ("habitants", "habitants"),
        ("littoral", "littoral"),
        ("fondée", "fondee"),
    ]
    assert [word for word in ("cities.csv", "UTF-8", "2 of 2 rows", "integer", "yes or no") if word not in page] == []


def test_numbers_and_their_headings_stand_at_the_end_of_their_column(sign_in, ursula, cities):
    page = _text(sign_in(ursula).get("/dataset/villes-de-bretagne"))

    assert '<th scope="col" class="number">habitants</th>' in page
    assert '<td class="number">47255</td>' in page
    assert "<td>Saint-Malo</td>" in page


def test_both_files_can_be_downloaded_from_the_page(sign_in, ursula, cities):
    client = sign_in(ursula)

    links = re.findall(r'href="(/api/v1/datasets/[^"]*)"', _text(client.get("/dataset/villes-de-bretagne")))

    assert set(links) == {f"/api/v1/datasets/villes-de-bretagne/{name}" for name in ("raw", "full")}
    assert client.get("/api/v1/datasets/villes-de-bretagne/raw").getvalue() == CITIES
    assert client.get("/api/v1/datasets/villes-de-bretagne/full").getvalue().decode().startswith("\ufeffville,")


def test_a_reader_is_offered_nothing_that_changes_the_dataset_nor_the_journal(sign_in, ursula, cities):
    page = _text(sign_in(ursula).get("/dataset/villes-de-bretagne"))

    assert [act for act in ACTS if f"villes-de-bretagne/{act}" in page] == []
    assert "Journal" not in page


def test_a_contributor_sees_every_act_but_the_deletion_and_the_journal(sign_in, alice, carl, cities):
    page, administrators = (_text(sign_in(user).get("/dataset/villes-de-bretagne")) for user in (carl, alice))

    assert [act for act in ACTS if f"villes-de-bretagne/{act}" not in page] == ["delete"]
    assert [act for act in ACTS if f"villes-de-bretagne/{act}" not in administrators] == []
    assert "A new dataset was created" in page
    assert "A dataset was finalized and put online" in page


@pytest.mark.parametrize("public", [True, False])
def test_others_and_visitors_see_a_dataset_when_it_is_public_only(client, sign_in, bob, ingested, public):
    ingested(CITIES, title="Villes", is_public=public)

    answers = [visitor.get("/dataset/villes") for visitor in (client, sign_in(bob))]

    assert [answer.status_code for answer in answers] == [200 if public else 404] * 2


def test_the_public_page_shows_the_data_and_its_files_and_nothing_else(client, ingested):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    ingested(CITIES, title="Villes", is_public=True)

    page = _text(client.get("/dataset/villes"))

    assert [word for word in ("Saint-Malo", "Open data of Ville", "/full", "/raw") if word not in page] == []
    assert [word for word in ("Journal", "Sharing", "villes/edit", "Alice", "hx-get") if word in page] == []


def test_what_the_account_in_use_does_not_own_is_not_found(sign_in, bob, dataset):
    client = sign_in(bob)

    gets = [client.get(reverse(f"datasets:{name}", args=["cities"])) for name in ("progress", "edit", "replace")]
    posts = [client.post(reverse(f"datasets:{name}", args=["cities"])) for name in ("share", "delete", "edit")]

    assert [answer.status_code for answer in gets + posts] == [404] * 6
    assert Dataset.objects.count() == 1


def test_names_and_cells_of_a_stranger_are_shown_as_text(sign_in, carl, ingested):
    title = "<b>bold</b>{% now %}"
    dataset = ingested(HOSTILE, title=title, description="<a href=x>click</a>", name="<i>.csv")

    page = _text(sign_in(carl).get(dataset.get_absolute_url()))

    assert [tag for tag in ("<script>alert", "<img src=x", "<b>bold", "<a href=x", "<i>.csv") if tag in page] == []
    assert "&lt;img src=x onerror=alert(2)&gt;" in page
    assert "{{ 7|add:7 }}" in page
    assert "&lt;b&gt;bold&lt;/b&gt;{% now %}" in page


def test_a_long_cell_and_a_wide_file_keep_the_page_small(sign_in, ursula, ingested):
    names = ";".join(f"c{number}" for number in range(500))
    values = ";".join(["x" * 300] * 500)
    dataset = ingested(f"{names}\n{values}\n".encode(), title="Wide")

    page = _text(sign_in(ursula).get(dataset.get_absolute_url()))

    assert "60 of 500 columns" in page
    assert page.count("<td>xxx") == 60
    assert "x" * 200 not in page
    assert page.count("<code>c") == 500


def test_the_page_asks_how_far_the_reading_is_until_it_has_ended(sign_in, ursula, upload):
    dataset = upload(CITIES, title="Villes")
    client = sign_in(ursula)

    waiting = _text(client.get("/dataset/villes"))
    unchanged = client.get("/dataset/villes/progress?was=created", HTTP_HX_REQUEST="true")
    ingest(dataset.pk)
    done = client.get("/dataset/villes/progress?was=created", HTTP_HX_REQUEST="true")

    assert 'hx-get="/dataset/villes/progress?was=created" hx-trigger="every 1s"' in waiting
    assert 'aria-current="step"' in waiting
    assert (unchanged.status_code, unchanged.content) == (204, b"")
    assert "hx-trigger" not in _text(done)
    assert re.findall(r'hx-swap-oob="innerHTML">([^<]*)<', _text(done)) == ["Villes: online. "]
    assert "Saint-Malo" in _text(done)
    assert "<html" not in _text(done)


def test_each_step_of_the_reading_is_told_once(sign_in, ursula, upload):
    dataset = upload(CITIES, title="Villes")
    Dataset.objects.filter(pk=dataset.pk).update(status="analyzed")

    answer = sign_in(ursula).get("/dataset/villes/progress?was=created", HTTP_HX_REQUEST="true")

    assert 'progress?was=analyzed" hx-trigger' in _text(answer)
    assert "Villes: analysed." in _text(answer)


def test_a_file_that_cannot_be_read_says_why_and_what_to_do(sign_in, carl, ursula, ingested):
    ingested(b"a;b\n1;2\n3;4;5\n", title="Broken")

    for_carl = _text(sign_in(carl).get("/dataset/broken"))
    for_ursula = _text(sign_in(ursula).get("/dataset/broken"))

    assert "Line 3 has 3 values, but the file has 2 columns." in for_carl
    assert "Correct the file, then upload it again." in for_carl
    assert "Upload a corrected file" in for_carl
    assert "Upload a corrected file" not in for_ursula


def test_when_a_new_file_fails_the_earlier_data_stays_on_the_page(sign_in, carl, cities):
    replace_data(cities, upload=ContentFile(b"a;b\n1;2\n3;4;5\n", name="new.csv"), by=ALICE)
    ingest(cities.pk)

    page = _text(sign_in(carl).get("/dataset/villes-de-bretagne"))

    assert "The earlier data stays online." in page
    assert "<td>Saint-Malo</td>" in page


def test_the_deletion_names_what_goes_with_the_dataset(sign_in, alice, cities):
    Visualisation.objects.create(account=cities.account, slug="v", title="Habitants <i>", dataset=cities)

    page = _text(sign_in(alice).get("/dataset/villes-de-bretagne/delete"))

    assert "the visualisation “Habitants &lt;i&gt;”" in page


def test_rows_whose_file_is_gone_do_not_break_the_page(sign_in, ursula, dataset):
    answer = sign_in(ursula).get("/dataset/cities")

    assert answer.status_code == 200
    assert "The rows cannot be shown just now" in _text(answer)


def test_the_public_sees_the_charts_that_are_public(client, sign_in, ursula, ingested):
    dataset = ingested(CITIES, title="Villes", is_public=True)
    for slug, public in (("shown", True), ("hidden", False)):
        Visualisation.objects.create(account=dataset.account, slug=slug, title=slug, dataset=dataset, is_public=public)

    seen = [_text(visitor.get("/dataset/villes")) for visitor in (client, sign_in(ursula))]

    links = [re.findall(r'href="/visualisation/(\w+)"', page) for page in seen]
    assert links == [["shown"], ["hidden", "shown"]]

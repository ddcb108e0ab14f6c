"""What contributors do on the pages of datasets, with JavaScript and without."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from datasets.models import Dataset

CSV = b"city;people\nRennes;225081\n"
HTMX = {"HTTP_HX_REQUEST": "true"}


def _csv(data=CSV, name="Villes de France.csv"):
    return SimpleUploadedFile(name, data, content_type="text/csv")


def _text(answer):
    return answer.content.decode()


def test_the_form_of_an_upload_works_without_javascript(sign_in, carl):
    page = _text(sign_in(carl).get("/datasets/new"))

    assert 'action="/datasets/new" method="post" enctype="multipart/form-data"' in page
    assert 'type="file" name="file" accept=".csv,.tsv,.txt"' in page


def test_a_file_posted_by_a_plain_form_becomes_a_dataset_by_its_author(sign_in, carl, account):
    answer = sign_in(carl).post("/datasets/new", {"file": _csv(), "title": ""})

    dataset = Dataset.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, "/dataset/villes-de-france")
    assert (dataset.account, dataset.title, dataset.file_size) == (account, "Villes de France", len(CSV))
    assert (dataset.created_by.kind, dataset.created_by.name) == ("user", "Carl")
    assert not dataset.is_public


def test_a_title_is_taken_before_the_name_of_the_file(sign_in, carl):
    sign_in(carl).post("/datasets/new", {"file": _csv(), "title": "  Toutes les villes "})

    assert Dataset.objects.get().title == "Toutes les villes"


def test_the_upload_element_is_led_to_the_page_by_a_header(sign_in, carl):
    answer = sign_in(carl).post("/datasets/new", {"file": _csv()}, **HTMX)

    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/dataset/villes-de-france")


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (None, "Choose a file first."),
        (_csv(b""), "The file is empty."),
        (_csv(name="table.xlsx"), "This kind of file is not accepted: upload a CSV, TSV or TXT file."),
    ],
)
def test_a_file_that_is_not_taken_is_answered_beside_the_field_and_the_title_kept(sign_in, carl, file, sentence):
    fields = {"title": "Villes <b>"} | ({"file": file} if file else {})

    answer = sign_in(carl).post("/datasets/new", fields, **HTMX)

    assert answer.status_code == 422
    assert f'data-part="error" role="alert">{sentence}' in _text(answer)
    assert 'value="Villes &lt;b&gt;"' in _text(answer)
    assert 'aria-invalid="true"' in _text(answer)
    assert not Dataset.objects.exists()


@pytest.mark.parametrize("size", [1_000_001, 4_000_000])
def test_a_file_that_is_too_large_is_answered_with_the_limit(sign_in, carl, settings, size):
    settings.UPLOAD_MAX_BYTES = 1_000_000

    answer = sign_in(carl).post("/datasets/new", {"file": _csv(b"x" * size)})

    assert answer.status_code == 422
    assert _text(answer).count("The file is too large: at most 1 MB are accepted.") == 2  # beside the field, and for JS
    assert "Choose a file first." not in _text(answer)
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(
    "path", ["/datasets/new", "/dataset/cities/edit", "/dataset/cities/replace", "/dataset/cities/delete"]
)
def test_a_reader_may_change_nothing(sign_in, ursula, dataset, path):
    client = sign_in(ursula)

    assert [client.get(path).status_code, client.post(path, {"file": _csv(), "title": "x"}).status_code] == [403, 403]
    assert client.post("/dataset/cities/share", {"public": "yes"}).status_code == 403
    dataset.refresh_from_db()
    assert (dataset.title, dataset.is_public, dataset.revision) == ("Cities", False, 1)


def test_a_visitor_is_asked_to_sign_in_before_any_act(client, dataset):
    answers = [client.get("/dataset/cities/edit"), client.post("/dataset/cities/delete")]

    assert [(answer.status_code, answer["Location"]) for answer in answers] == [
        (302, "/sign-in/?next=/dataset/cities/edit"),
        (302, "/sign-in/?next=/dataset/cities/delete"),
    ]
    assert Dataset.objects.count() == 1


def test_an_upload_needs_the_token_of_the_form(carl, account):
    client = Client(enforce_csrf_checks=True)
    client.force_login(carl)

    assert client.post("/datasets/new", {"file": _csv()}).status_code == 403
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(("htmx", "leads"), [({}, "Location"), (HTMX, "HX-Redirect")])
def test_title_and_description_are_saved_from_a_page_and_from_the_dialog(sign_in, carl, dataset, htmx, leads):
    client = sign_in(carl)
    fields = {"title": "Villes", "description": "Toutes."}

    answer = client.post("/dataset/cities/edit", fields, **htmx)

    dataset.refresh_from_db()
    assert answer[leads] == "/dataset/cities"
    assert (dataset.title, dataset.description) == ("Villes", "Toutes.")
    assert "The dataset was saved." in _text(client.get("/dataset/cities"))


def test_a_dataset_is_not_left_without_a_title(sign_in, carl, dataset):
    answer = sign_in(carl).post("/dataset/cities/edit", {"title": " ", "description": "New"}, **HTMX)

    dataset.refresh_from_db()
    assert (answer.status_code, dataset.title, dataset.description) == (422, "Cities", "")
    assert 'aria-invalid="true"' in _text(answer)


@pytest.mark.parametrize("name", ["edit", "replace", "delete"])
def test_a_form_is_a_page_and_for_htmx_a_dialog(sign_in, alice, dataset, name):
    client = sign_in(alice)

    page, dialog = client.get(f"/dataset/cities/{name}"), client.get(f"/dataset/cities/{name}", **HTMX)

    assert (_text(page).count("<h1>"), "<html" in _text(page)) == (1, True)
    assert ('<h2 id="dialog-title">' in _text(dialog), "<html" in _text(dialog)) == (True, False)


def test_a_switch_makes_public_and_private_again(sign_in, carl, dataset):
    client = sign_in(carl)
    states = []

    for public in ("yes", "no"):
        answer = client.post("/dataset/cities/share", {"public": public}, follow=True)
        dataset.refresh_from_db()
        states.append((dataset.is_public, f"The dataset is {dataset.visibility} now." in _text(answer)))

    assert states == [(True, True), (False, True)]
    assert client.get("/dataset/cities/share").status_code == 405


def test_a_new_file_is_read_in_the_place_of_the_old(sign_in, carl, dataset):
    answer = sign_in(carl).post("/dataset/cities/replace", {"file": _csv()}, **HTMX)

    dataset.refresh_from_db()
    assert answer["HX-Redirect"] == "/dataset/cities"
    assert (dataset.revision, dataset.status, dataset.incoming_name) == (2, "created", "Villes de France.csv")


def test_a_new_file_that_is_not_taken_leaves_the_dataset_as_it_is(sign_in, carl, dataset):
    answer = sign_in(carl).post("/dataset/cities/replace", {"file": _csv(name="x.pdf")}, **HTMX)

    dataset.refresh_from_db()
    assert (answer.status_code, dataset.revision, dataset.status) == (422, 1, "finalized")
    assert "<html" not in _text(answer)


def test_a_deleted_dataset_is_gone_and_the_list_says_so(sign_in, alice, dataset):
    answer = sign_in(alice).post("/dataset/cities/delete", follow=True)

    assert answer.redirect_chain == [("/datasets/", 302)]
    assert "“Cities” was deleted." in _text(answer)
    assert not Dataset.objects.exists()


def test_a_contributor_deletes_a_dataset_neither_by_the_page_nor_by_the_api(sign_in, carl, dataset):
    client = sign_in(carl)

    answers = [client.post("/dataset/cities/delete"), client.delete("/api/v1/datasets/cities")]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert Dataset.objects.filter(pk=dataset.pk).exists()

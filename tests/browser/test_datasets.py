"""Datasets in a real browser: a file leaves under one's eyes, is read, is there; and the same without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect

from datasets.files.ingest import ingest
from datasets.models import Dataset

CSV = b"city;people\n" + b"Saint-Malo;47255\n" * 200_000
BROKEN = b"a;b\n1;2\n3;4;5\n"


def _file(data, name="Villes de Bretagne.csv"):
    return {"name": name, "mimeType": "text/csv", "buffer": data}


def _read_what_came() -> Dataset:
    dataset = Dataset.objects.get()
    ingest(dataset.pk)
    return dataset


def _slow_down(page: Page, bytes_per_s: int) -> None:
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_s}
    network.send("Network.emulateNetworkConditions", conditions)


@pytest.fixture
def uploading(open_page, carl) -> Page:
    """Open the form of an upload with a file of 3.4 MB chosen."""
    page = open_page(carl)
    page.goto("/datasets/new")
    page.set_input_files("input[type=file]", _file(CSV))
    return page


@pytest.mark.django_db(transaction=True)
def test_a_file_is_uploaded_read_and_downloaded_again(uploading, tmp_path):
    page = uploading
    expect(page.locator("[data-part=name]")).to_have_text("Villes de Bretagne.csv · 3.4 MB")
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/dataset/villes-de-bretagne")
    expect(page.get_by_text("Analysis of the columns")).to_have_attribute("aria-current", "step")

    _read_what_came()

    expect(page.get_by_role("status").filter(has_text="Villes de Bretagne: online.")).to_be_attached()
    expect(page.get_by_role("region", name="Preview").get_by_role("row")).to_have_count(21)
    expect(page.locator("#dataset")).not_to_have_attribute("hx-get", re.compile(""))
    with page.expect_download() as download:
        page.get_by_role("link", name="Original file").click()
    download.value.save_as(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == CSV


@pytest.mark.django_db(transaction=True)
def test_the_progress_of_an_upload_is_shown_and_stop_keeps_nothing(uploading):
    page = uploading
    _slow_down(page, 200_000)

    page.get_by_role("button", name="Upload").click()
    expect(page.locator("[data-part=text]")).to_have_text(re.compile(r"[1-9]\d?% · .* of 3\.4 MB"))
    value = page.get_by_role("progressbar", name="Progress of the upload").evaluate("bar => bar.value")
    page.get_by_role("button", name="Stop").click()

    assert 0 < value < 1
    expect(page.get_by_role("alert")).to_have_text("The upload was stopped; nothing was kept.")
    expect(page.get_by_role("progressbar")).to_be_hidden()
    expect(page.get_by_role("button", name="Upload")).to_be_enabled()
    assert not Dataset.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_file_that_cannot_be_accepted_is_refused_before_it_leaves(open_page, carl, settings):
    settings.UPLOAD_MAX_BYTES = 1_000_000
    page = open_page(carl)
    page.goto("/datasets/new")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)

    page.set_input_files("input[type=file]", _file(CSV))
    expect(page.get_by_role("alert")).to_have_text("The file is too large: at most 1 MB are accepted.")
    page.set_input_files("input[type=file]", _file(b"%PDF", name="report.pdf"))
    expect(page.get_by_role("alert")).to_have_text("This kind of file is not accepted: upload a CSV, TSV or TXT file.")

    assert sent == []
    assert page.locator("input[type=file]").evaluate("input => input.files.length") == 0


@pytest.mark.django_db(transaction=True)
def test_what_the_server_refuses_is_shown_beside_the_file(open_page, carl):
    page = open_page(carl)
    page.goto("/datasets/new")
    page.get_by_label("Title").fill("Nothing")
    page.get_by_role("button", name="Upload").click()

    expect(page.get_by_role("alert")).to_have_text("Choose a file first.")
    expect(page.get_by_label("Title")).to_have_value("Nothing")
    expect(page.get_by_label("Choose a CSV file")).to_have_attribute("aria-invalid", "true")


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_breaks_is_told_and_the_file_can_be_sent_again(open_page, carl):
    page = open_page(carl, expected=".*ERR_INTERNET_DISCONNECTED")
    page.goto("/datasets/new")
    page.set_input_files("input[type=file]", _file(b"a;b\n1;2\n"))
    page.context.set_offline(True)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert")).to_contain_text("The connection was lost")

    page.context.set_offline(False)
    page.get_by_role("button", name="Upload").click()

    page.wait_for_url("**/dataset/villes-de-bretagne")


@pytest.mark.django_db(transaction=True)
def test_a_file_can_be_dropped(open_page, carl):
    page = open_page(carl)
    page.goto("/datasets/new")
    transfer = page.evaluate_handle(
        "() => { const data = new DataTransfer(); data.items.add(new File(['a;b'], 'dropped.csv')); return data; }"
    )
    page.dispatch_event(".drop", "dragover", {"dataTransfer": transfer})
    expect(page.locator("upload-form[data-over]")).to_be_attached()

    page.dispatch_event(".drop", "drop", {"dataTransfer": transfer})

    expect(page.locator("[data-part=name]")).to_have_text("dropped.csv · 3 bytes")
    expect(page.locator("upload-form[data-over]")).not_to_be_attached()


@pytest.mark.django_db(transaction=True)
def test_everything_works_without_javascript(open_page, alice):
    page = open_page(alice, java_script_enabled=False)
    page.goto("/datasets/new")
    page.set_input_files("input[type=file]", _file(b"city;people\nRennes;225081\n"))
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/dataset/villes-de-bretagne")
    _read_what_came()
    page.reload()
    expect(page.get_by_role("cell", name="225081")).to_be_visible()

    page.get_by_role("switch", name="Public").click()
    expect(page.get_by_role("switch", name="Public")).to_be_checked()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Title").fill("Villes")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Villes")
    page.get_by_role("link", name="Delete this dataset").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("“Villes” was deleted.")).to_be_visible()


@pytest.mark.django_db(transaction=True)
def test_a_corrected_file_is_uploaded_from_the_dialog(open_page, carl):
    page = open_page(carl)
    page.goto("/datasets/new")
    page.set_input_files("input[type=file]", _file(BROKEN))
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/dataset/villes-de-bretagne")
    _read_what_came()
    expect(page.get_by_text("Line 3 has 3 values, but the file has 2 columns.").first).to_be_visible()

    page.get_by_role("link", name="Upload a corrected file").click()
    dialog = page.get_by_role("dialog", name="Replace the file")
    dialog.locator("input[type=file]").set_input_files(_file(b"a;b\n1;2\n", name="better.csv"))
    dialog.get_by_role("button", name="Replace").click()
    expect(page.get_by_text("Your file is being read")).to_be_visible()
    _read_what_came()

    expect(page.get_by_role("definition").filter(has_text="better.csv")).to_be_visible()


@pytest.mark.django_db(transaction=True)
def test_the_list_is_searched_as_one_types(open_page, carl, account):
    for slug in ("trees", "budgets"):
        Dataset.objects.create(
            account=account,
            slug=slug,
            title=slug.title(),
            file_name="x.csv",
            file_size=1,
            data_updated_at=account.created_at,
        )
    page = open_page(carl)
    page.goto("/datasets/")

    page.get_by_role("searchbox").press_sequentially("tre")

    expect(page.get_by_role("link", name="Budgets")).to_be_hidden()
    expect(page.get_by_role("link", name="Trees")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/datasets/\?q=tre$"))


@pytest.mark.django_db(transaction=True)
def test_the_pages_of_datasets_are_accessible_and_fit_a_phone(open_page, alice, assert_accessible):
    page = open_page(alice, viewport={"width": 360, "height": 740})
    page.goto("/datasets/")
    assert_accessible(page)
    page.goto("/datasets/new")
    assert_accessible(page)
    page.set_input_files("input[type=file]", _file(b"city;people;note\nRennes;225081;" + b"x" * 100 + b"\n"))
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/dataset/villes-de-bretagne")
    assert_accessible(page)
    _read_what_came()
    for path in ("/datasets/", "/dataset/villes-de-bretagne", "/dataset/villes-de-bretagne/delete"):
        page.goto(path)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360

"""Visualisations and catalogues in a real browser: the chart follows the form, dialogs ask, nobody is kept out."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from datasets.charts.spec import Chart
from datasets.models import Catalog, Dataset, Visualisation
from datasets.services import drawings, publications
from datasets.services.catalogs import create_catalog
from tests.datasets.charting import AREAS
from tests.datasets.conftest import ALICE

NARROW = {"width": 320, "height": 640}


@pytest.fixture
def dataset(account, serve) -> Dataset:
    made = Dataset.objects.create(
        account=account,
        slug="trees",
        title="Trees of the town",
        is_public=True,
        file_name="c.csv",
        file_size=1,
        file_mimetype="text/csv",
        data_updated_at=timezone.now(),
    )
    return serve(made, AREAS)


@pytest.fixture
def published(dataset, visualise) -> Catalog:
    catalog = create_catalog(dataset.account, title="Open data", description="What the town shares.", by=ALICE)
    drawn = visualise(dataset, Chart("bar", "area"), title="Trees by area", is_public=True)
    publications.publish_dataset(dataset, catalog=catalog, by=ALICE)
    publications.publish_visualisation(drawn, catalog=catalog, by=ALICE)
    return catalog


def _drawn(page: Page, selector: str) -> None:
    """Wait until a picture is there and has a size of its own."""
    picture = page.locator(selector)
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 100


def test_the_preview_follows_the_form_and_the_chart_is_made(open_page, carl, dataset, assert_accessible):
    page = open_page(carl)
    page.goto("/visualisations/new")
    page.get_by_role("link", name="Trees of the town").click()
    _drawn(page, "#preview img")
    page.get_by_label("Value").select_option("sum")
    expect(page.locator("#preview")).to_contain_text("Choose the column of the vertical axis.")
    page.get_by_label("Vertical axis").select_option("height")
    _drawn(page, "#preview img")
    before = page.locator("#preview img").get_attribute("src")
    page.get_by_label("Pie").check()
    expect(page.locator("#preview img")).not_to_have_attribute("src", before or "")
    assert_accessible(page)
    page.get_by_label("Title").fill("Heights")
    page.get_by_role("button", name="Create").click()
    expect(page).to_have_url(re.compile("/visualisation/heights$"))
    _drawn(page, ".chart img")
    assert Visualisation.objects.get().chart == Chart("arc", "area", "height", "sum")


def test_a_chart_that_is_being_drawn_appears_by_itself(open_page, published, dataset, serve, assert_accessible):
    serve(dataset, "SELECT 'Zanzibar' AS area")
    page = open_page(locale="en")
    page.goto("/visualisation/trees-by-area")
    expect(page.get_by_text("is being drawn")).to_be_visible()
    _drawn(page, ".chart img")
    assert_accessible(page)
    drawings.redraw(dataset)
    expect(page.get_by_text("is being drawn")).to_have_count(0)
    expect(page.locator("#announcement")).to_have_text("Trees by area: drawn.")
    page.get_by_text("The values").click()
    expect(page.get_by_role("rowheader", name="Zanzibar")).to_be_visible()


def test_making_private_says_that_it_takes_off_the_catalogues(open_page, carl, published, assert_accessible):
    page = open_page(carl)
    page.goto("/visualisation/trees-by-area")
    switch = page.get_by_role("switch", name="Public")
    expect(switch).to_have_accessible_description(re.compile("making it private takes it off that catalog"))
    assert_accessible(page)
    switch.click()
    expect(page.get_by_text("The visualisation is private now. It was taken off 1 catalog.")).to_be_visible()
    expect(page.get_by_text("Not on any catalog.")).to_be_visible()


def test_the_pages_keep_nobody_out(open_page, alice, published, assert_accessible):
    page = open_page(alice)
    for path in ("/visualisations/", "/visualisation/trees-by-area", "/catalogs/", "/catalog/open-data/"):
        page.goto(path)
        assert_accessible(page)
    page.goto("/visualisation/trees-by-area")
    page.get_by_text("The values").click()
    expect(page.get_by_role("rowheader", name="Centre")).to_be_visible()
    assert_accessible(page)


def test_a_telephone_scrolls_down_only(open_page, alice, published):
    page = open_page(alice, viewport=NARROW)
    for path in (
        "/visualisations/",
        "/visualisation/trees-by-area",
        "/visualisation/trees-by-area/configure",
        "/catalogs/",
        "/catalog/open-data/",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], path


@pytest.mark.parametrize(("scheme", "theme"), [("light", "light"), ("dark", "dark")])
def test_the_picture_fits_the_reader(open_page, published, scheme, theme):
    page = open_page(locale="en", color_scheme=scheme)
    page.goto("/visualisation/trees-by-area")
    picture = page.locator(".chart img")
    expect(picture).to_have_js_property("currentSrc", f"{page.url}/chart.svg?theme={theme}&v=1.1")
    page.set_viewport_size(NARROW)
    expect(picture).to_have_js_property("currentSrc", f"{page.url}/chart.svg?theme={theme}&size=narrow&v=1.1")


def test_an_administrator_makes_and_deletes_a_catalog_in_dialogs(open_page, alice, account, assert_accessible):
    page = open_page(alice)
    page.goto("/catalogs/")
    page.get_by_role("link", name="New catalog").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Create").click()
    expect(dialog).to_contain_text("This field is required.")
    assert_accessible(page)
    dialog.get_by_label("Title").fill("Open data")
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Open data")).to_be_visible()
    page.get_by_role("link", name="Delete Open data").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Show your data to everybody")).to_be_visible()
    assert not Catalog.objects.exists()


def test_publishing_and_taking_off_without_javascript(open_page, carl, dataset, visualise):
    create_catalog(dataset.account, title="Open data", by=ALICE)
    visualise(dataset, Chart("bar", "area"), title="Trees by area", is_public=True)
    page = open_page(carl, java_script_enabled=False)
    page.goto("/visualisation/trees-by-area")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("“Trees by area” was published on")).to_be_visible()
    page.get_by_role("button", name="Take off Open data").click()
    expect(page.get_by_text("Not on any catalog.")).to_be_visible()


def test_searching_a_catalog_as_one_types(open_page, published):
    page = open_page(locale="en")
    page.goto("/catalog/open-data/")
    page.get_by_label("Search this catalog").fill("by area")
    expect(page.get_by_role("heading", name="Trees of the town")).to_have_count(0)
    expect(page.get_by_role("heading", name="Trees by area")).to_be_visible()
